//! `pinstripe completions` and `pinstripe man`, generated from the definitions of the arguments.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::command::Cli;
use super::output;

const EXIT_STATUS: &str = r".SH EXIT STATUS
.TP
0
Scan complete, no open finding at or above \fB\-\-fail\-on\fR.
.TP
1
An open finding at or above it, whether or not the scan is complete.
.TP
2
Usage, configuration, rules or internal error.
.TP
3
No such finding, but the scan is incomplete.
";

pub(super) fn completions(shell: Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pinstripe", &mut script);
    output::print_bytes(&script)?;
    Ok(0)
}

/// Prints the manual page: a section for the program, then one for each command.
pub(super) fn man() -> anyhow::Result<u8> {
    let mut root = Cli::command();
    root.build();
    let mut page = Vec::new();
    let man = Man::new(root.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    commands(&root, "pinstripe", &mut page)?;
    page.write_all(EXIT_STATUS.as_bytes())?;
    output::print_bytes(&page)?;
    Ok(0)
}

/// Writes a section for each command without subcommands.
fn commands(command: &clap::Command, name: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        if sub.has_subcommands() {
            commands(sub, &name, page)?;
            continue;
        }
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(page, ".SH \"{}\"\n{}.", name.to_uppercase().replace('-', "\\-"), about.replace('-', "\\-"))?;
        let mut options = Vec::new();
        Man::new(sub.clone()).render_options_section(&mut options)?;
        // Options are subsections of their command.
        let options = String::from_utf8_lossy(&options).replace(".SH", ".SS");
        page.write_all(options.as_bytes())?;
    }
    Ok(())
}
