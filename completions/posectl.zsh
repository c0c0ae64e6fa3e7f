#compdef posectl
# zsh completion for posectl. Save it as _posectl in a folder of $fpath, or: source <(posectl completion zsh)
_posectl_completion() {
    local typed="${words[1,$CURRENT]}"
    eval "$(_TYPER_COMPLETE_ARGS="$typed" _POSECTL_COMPLETE=complete_zsh posectl 2> /dev/null)"
    (( compstate[nmatches] )) || _files
}
if [[ $funcstack[1] == _posectl ]]; then
    _posectl_completion "$@"
else
    compdef _posectl_completion posectl
fi
