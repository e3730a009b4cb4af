//! `wazero completion`: scripts that complete commands and flags, made from the definitions in [`args`].
//!
//! clap's own generators know no flags with one dash in front of a long name, so that each shell has a short template
//! here. All offer the commands first, then the flags of the command, then files.

use super::failure::Failure;
use super::syntax::flags::{ListedFlag, listed_flags};
use super::{args, flags, report, usage};
use clap::Command;
use std::ffi::OsString;
use std::fmt::Write as _;

/// What writes the script of a shell.
type Script = fn(&[Command]) -> String;

const SHELLS: [(&str, Script); 4] = [("bash", bash), ("fish", fish), ("powershell", powershell), ("zsh", zsh)];

/// Runs the command on the words behind its name.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::completion();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "completion", &command))?;
    if super::wants_help(&parsed.flags) {
        report::print(&usage::long(&command));
        return Ok(0);
    }
    let Some(shell) = parsed.words.first() else {
        return Err(Failure::new("missing name of a shell").usage(usage::long(&command)));
    };
    let Some(script) = shell.to_str().and_then(script) else {
        return Err(Failure::new(format!("unknown shell: {}", shell.to_string_lossy())).usage(usage::long(&command)));
    };
    report::print_result(&script)?;
    Ok(0)
}

/// The script of a shell, if it is one that we know.
pub(super) fn script(shell: &str) -> Option<String> {
    let (_, script) = SHELLS.iter().find(|(name, _)| shell == *name)?;
    Some(script(&args::commands()))
}

/// First sentence of a flag's help, which is all that a menu has room for.
fn brief(flag: &ListedFlag) -> String {
    let help = flag.help.split_once(". ").map_or(flag.help.trim_end_matches('.'), |(first, _)| first);
    help.replace('`', "")
}

/// Lines with a format for each flag of each command.
fn for_flags(commands: &[Command], line: impl Fn(&Command, &ListedFlag) -> String) -> String {
    let mut text = String::new();
    for command in commands {
        for flag in listed_flags(command) {
            text.push_str(&line(command, &flag));
        }
    }
    text
}

fn bash(commands: &[Command]) -> String {
    let names: Vec<&str> = commands.iter().map(Command::get_name).collect();
    let mut cases = String::new();
    for command in commands {
        let flags: Vec<String> = listed_flags(command).iter().map(|flag| format!("-{}", flag.name)).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(cases, "    {}) flags='{}' ;;", command.get_name(), flags.join(" "));
    }
    let names = names.join(" ");
    format!(
        r#"# bash completion for wazero. Load it by: source <(wazero completion bash)
_wazero() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} flags=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{names}' -- "$cur"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{cases}  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}}
complete -o filenames -o bashdefault -F _wazero wazero
"#
    )
}

fn fish(commands: &[Command]) -> String {
    let mut text = String::from("# fish completion for wazero. Load it by: wazero completion fish | source\n");
    for command in commands {
        let (name, about) = (command.get_name(), usage::about(command));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "complete -c wazero -n __fish_use_subcommand -f -a {name} -d {}", fish_quoted(&about));
    }
    text + &for_flags(commands, |command, flag| {
        let value = if flag.ty.is_some() { " -r" } else { "" };
        let (command, help) = (command.get_name(), fish_quoted(&brief(flag)));
        format!("complete -c wazero -n '__fish_seen_subcommand_from {command}' -o {}{value} -d {help}\n", flag.name)
    })
}

fn powershell(commands: &[Command]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut table = String::new();
    for command in commands {
        let flags: Vec<String> = listed_flags(command).iter().map(|flag| quoted(&format!("-{}", flag.name))).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "    {} = @({})", quoted(command.get_name()), flags.join(", "));
    }
    format!(
        r#"# PowerShell completion for wazero. Load it by: wazero completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName wazero -ScriptBlock {{
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = [ordered]@{{
{table}  }}
  $words = @($commandAst.CommandElements | ForEach-Object {{ $_.ToString() }})
  $typed = if ($wordToComplete) {{ $words.Count - 1 }} else {{ $words.Count }}
  $offered = if ($typed -le 1) {{ $flags.Keys }} elseif ($wordToComplete -like '-*') {{ $flags[$words[1]] }} else {{ @() }}
  $offered | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }}
}}
"#
    )
}

fn zsh(commands: &[Command]) -> String {
    let (mut names, mut cases) = (String::new(), String::new());
    for command in commands {
        let name = command.get_name();
        // Writing to a string cannot fail.
        let _ = writeln!(names, "    {}", zsh_quoted(&format!("{name}:{}", usage::about(command))));
        let flags = for_flags(std::slice::from_ref(command), |_, flag| {
            let help = brief(flag).replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
            let value = flag.ty.as_ref().map(|ty| format!(":{ty}:_files")).unwrap_or_default();
            let name = if flag.ty.is_some() { format!("-{}=", flag.name) } else { format!("-{}", flag.name) };
            format!(" \\\n        {}", zsh_quoted(&format!("*{name}[{help}]{value}")))
        });
        let _ = writeln!(cases, "    {name}) _arguments{flags} \\\n        '*:file:_files' ;;");
    }
    format!(
        r#"#compdef wazero
# zsh completion for wazero. Load it by: source <(wazero completion zsh)
_wazero() {{
  local -a commands
  commands=(
{names}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{cases}  esac
}}
compdef _wazero wazero
"#
    )
}

fn fish_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// In POSIX shells and zsh nothing is special between single quotes, so that one has to stand outside.
fn zsh_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
