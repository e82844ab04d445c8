//! What may be tried by hand when the walk is over.

use secrecy::ExposeSecret;

use super::screen::Screen;
use super::script::Cast;
use super::stage::Stage;

impl Stage {
    /// Says what may be tried by hand. These secrets live as long as the demo.
    pub(super) fn invite(&self, screen: &Screen) {
        screen.heading("Now you. It runs until Ctrl-C.");
        screen.line(format!("  console         {}/   (in a browser)", self.server.management()));
        screen.line(format!(
            "                  name admin, password {}   (to be changed at the first sign-in)",
            self.password.expose_secret()
        ));
        screen.line(format!(
            "  management API  {}   (the system key opens everything)",
            self.server.management()
        ));
        for service in ["odysseus", "odin"] {
            screen.line(format!("  {service:<14}  {}", self.server.service(service).unwrap_or_default()));
        }
        let secret =
            |cast: Cast| self.secrets.get(&cast).map(ExposeSecret::expose_secret).unwrap_or_default();
        let odin = self.server.service("odin").unwrap_or_default();
        let odysseus = self.server.service("odysseus").unwrap_or_default();
        let api = self.server.management();
        let lines = [
            (
                "a reader reads",
                format!("curl -s -H 'Authorization: Bearer {}' {odin}/api/printers", secret(Cast::Reader)),
            ),
            (
                "a writer creates a job",
                format!(
                    "curl -s -X POST -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' \
                     -d '{{\"model_id\": 42, \"printer_id\": 1, \"priority\": \"normal\"}}' {odin}/api/jobs",
                    secret(Cast::Writer)
                ),
            ),
            (
                "an agent is kept from backups",
                format!("curl -s -H 'Authorization: Bearer {}' {odin}/api/backups", secret(Cast::AgentWrite)),
            ),
            (
                "chat",
                format!(
                    "curl -s -X POST -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' \
                 -d '{{\"message\": \"Hello\"}}' {odysseus}/api/v1/chat",
                    secret(Cast::Chat)
                ),
            ),
            (
                "the command line",
                format!(
                    "SYMBOLON_URL={api} SYMBOLON_KEY={} symbolon token list --service odin",
                    secret(Cast::SystemKey)
                ),
            ),
            (
                "all tokens of O.D.I.N.",
                format!(
                    "curl -s -H 'Authorization: Bearer {}' {api}/v1/services/odin/tokens",
                    secret(Cast::SystemKey)
                ),
            ),
        ];
        for (what, line) in lines {
            screen.line(format!("\n  # {what}\n  {line}"));
        }
        screen.line("");
    }
}
