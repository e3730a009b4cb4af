//! What goes wrong before or instead of the guest: a message, perhaps a hint or a usage text, and an exit code.

use std::fmt;
use std::io;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    usage: Option<String>,
    exit_code: u32,
}

impl Failure {
    /// A failure with exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: None, usage: None, exit_code: super::exit::FAILED }
    }

    /// Adds what the user could do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what the user could do, where something is known.
    pub(in crate::cli) fn maybe_hint(self, hint: Option<impl Into<String>>) -> Failure {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Whether it says already what the user could do.
    pub(in crate::cli) fn has_hint(&self) -> bool {
        self.hint.is_some()
    }

    /// Adds a usage text, printed below the message.
    pub(crate) fn usage(mut self, usage: String) -> Failure {
        self.usage = Some(usage);
        self
    }

    /// Sets the exit code.
    pub(crate) fn exit_code(mut self, exit_code: u32) -> Failure {
        self.exit_code = exit_code;
        self
    }

    /// The code that the process ends with.
    pub(crate) fn code(&self) -> u32 {
        self.exit_code
    }
}

/// The message, the usage text, and the hint behind a blank line, each with a line end.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            writeln!(f, "{}", self.message.trim_end_matches('\n'))?;
        }
        if let Some(usage) = &self.usage {
            f.write_str(usage)?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// The system's words for an error as Go prints them: lower case, without the number.
pub(crate) fn os_error(error: &io::Error) -> String {
    if let Some(text) = crate::cli::sys::error_text(error) {
        return text.into_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
