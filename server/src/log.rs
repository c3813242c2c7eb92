//! What the program logs: `CORDBOARD_LOG`, or what suits the command.

use crate::output;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Says what is logged.
const VARIABLE: &str = "CORDBOARD_LOG";

/// Logs on standard error; `usual` says what, unless the environment does.
pub(crate) fn begin(usual: &str) {
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    let filter = match understood(&asked) {
        Ok(None) => EnvFilter::new(usual),
        Ok(Some(filter)) => filter,
        // A service with its usual log is better than one that does not start, or is silent.
        Err(problem) => {
            output::tell(format_args!("{VARIABLE}: {problem}; using `{usual}`"));
            EnvFilter::new(usual)
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    leave_out_met_panics();
}

/// What the journal's store panics at is told as damage of its file.
fn leave_out_met_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if cordboard::is_in_store() {
            tracing::debug!(%panic, "the store of the journal broke off");
        } else {
            usual(panic);
        }
    }));
}

/// Reads the variable; `None` if it asks for nothing.
fn understood(asked: &str) -> Result<Option<EnvFilter>, String> {
    let words = || asked.split(',').map(str::trim);
    if words().all(str::is_empty) {
        return Ok(None);
    }
    // A bare word that is no level would be taken for a part of the program of which everything is logged, and nothing
    // else: a misspelt level would silence the log.
    let misspelt = words().find(|word| {
        !word.is_empty()
            && !word.contains(['=', '[', ':'])
            && !word.starts_with("cordboard")
            && word.parse::<LevelFilter>().is_err()
    });
    if let Some(word) = misspelt {
        return Err(format!(
            "`{word}` is no level; write `error`, `warn`, `info`, `debug` or `trace`, or `{word}=debug` for a part of the program"
        ));
    }
    EnvFilter::builder()
        .parse(asked)
        .map(Some)
        .map_err(|error| format!("`{asked}` cannot be understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_parts_are_understood() {
        for asked in ["", " , "] {
            assert!(understood(asked).unwrap().is_none(), "{asked}");
        }
        for asked in [
            "debug",
            "WARN",
            "off",
            "warn,cordboard=debug",
            "cordboard_simulator",
            "hyper=trace, info",
        ] {
            assert!(understood(asked).unwrap().is_some(), "{asked}");
        }
    }

    #[test]
    fn a_misspelt_level_is_told() {
        let problem = understood("warn,inof").unwrap_err();
        assert!(problem.starts_with("`inof` is no level; "), "{problem}");
        let problem = understood("cordboard=inof").unwrap_err();
        assert!(problem.contains("cannot be understood"), "{problem}");
    }
}
