# bash completion for wazero. Load it by: source <(wazero completion bash)
_wazero() {
  local cur=${COMP_WORDS[COMP_CWORD]} flags=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W 'cache compile completion inspect run validate version' -- "$cur"))
    return
  fi
  case ${COMP_WORDS[1]} in
    cache) flags='-cachedir -h' ;;
    compile) flags='-cachedir -count -h -no-cache -o -target -workers' ;;
    completion) flags='-h' ;;
    inspect) flags='-h -json' ;;
    run) flags='-allow-special-fs -argv0 -cachedir -compile-after -cpuprofile -dir -eager -env -env-inherit -h -hostlogging -interpreter -invoke -listen -max-memory -max-stack -max-table -memprofile -mount -no-cache -timeout -trust-image -tty -workers' ;;
    validate) flags='-h' ;;
    version) flags='' ;;
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -o bashdefault -F _wazero wazero
