# bash completion for posectl. Put it where your shell looks, or: source <(posectl completion bash)
_posectl_completion() {
    local line="${COMP_LINE:0:COMP_POINT}" words current candidate
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current="${words[${#words[@]} - 1]}"
    local broken=""
    [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && broken="${current%"${current##*:}"}"
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ -n $candidate ]] && COMPREPLY+=("${candidate#"$broken"}")
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) _POSECTL_COMPLETE=complete_bash "${words[0]}" \
        2> /dev/null)
}
complete -o default -o bashdefault -o nosort -F _posectl_completion posectl
