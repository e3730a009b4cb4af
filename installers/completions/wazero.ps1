# PowerShell completion for wazero. Load it by: wazero completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName wazero -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = [ordered]@{
    'cache' = @('-cachedir', '-h')
    'compile' = @('-cachedir', '-count', '-h', '-no-cache', '-o', '-target', '-workers')
    'completion' = @('-h')
    'inspect' = @('-h', '-json')
    'run' = @('-allow-special-fs', '-argv0', '-cachedir', '-compile-after', '-cpuprofile', '-dir', '-eager', '-env', '-env-inherit', '-h', '-hostlogging', '-interpreter', '-invoke', '-listen', '-max-memory', '-max-stack', '-max-table', '-memprofile', '-mount', '-no-cache', '-timeout', '-trust-image', '-tty', '-workers')
    'validate' = @('-h')
    'version' = @()
  }
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  $typed = if ($wordToComplete) { $words.Count - 1 } else { $words.Count }
  $offered = if ($typed -le 1) { $flags.Keys } elseif ($wordToComplete -like '-*') { $flags[$words[1]] } else { @() }
  $offered | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
