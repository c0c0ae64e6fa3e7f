# fish completion for posectl. Save it as ~/.config/fish/completions/posectl.fish
function __posectl_complete
    _POSECTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \
        _TYPER_COMPLETE_ARGS=(commandline -cp) posectl 2> /dev/null
end
complete --command posectl --no-files --condition "__posectl_complete is-args" \
    --arguments "(__posectl_complete get-args)"
complete --command posectl --force-files --condition "not __posectl_complete is-args"
