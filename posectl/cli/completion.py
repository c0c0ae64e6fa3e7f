"""posectl completion: the shell scripts behind TAB."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from posectl.cli.help import Command, HelpOption
from posectl.cli.root import app

# bash breaks words at colons, and the refs are full of them: the words are taken from the line itself, and what bash
# already holds of a ref is cut off the candidates again.
_BASH = """\
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
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) _POSECTL_COMPLETE=complete_bash "${words[0]}" \\
        2> /dev/null)
}
complete -o default -o bashdefault -o nosort -F _posectl_completion posectl
"""

_ZSH = """\
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
"""

_FISH = """\
# fish completion for posectl. Save it as ~/.config/fish/completions/posectl.fish
function __posectl_complete
    _POSECTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \\
        _TYPER_COMPLETE_ARGS=(commandline -cp) posectl 2> /dev/null
end
complete --command posectl --no-files --condition "__posectl_complete is-args" \\
    --arguments "(__posectl_complete get-args)"
complete --command posectl --force-files --condition "not __posectl_complete is-args"
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@app.command(cls=Command, add_help_option=False)
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="bash|zsh|fish", help="Your shell.")],
    help_: HelpOption = False,
) -> None:
    """Print the completion script of a shell.

    \b
    Example:
      source <(posectl completion bash)
    """
    sys.stdout.write(SCRIPTS[shell])
