use secrecy::ExposeSecret;
use symbolon_server::proxy::Upstream;

use super::env::tests::environment;
use super::*;

pub(super) fn settings(text: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let lines = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Settings::from_text(Some("conf/symbolon.toml".into()), text, &environment(variables)).map_err(lines)
}

#[test]
fn everything_is_optional() {
    let none = Settings::from_text(None, "", &Environment::default()).unwrap();
    assert_eq!(none.data_dir, Path::new("symbolon-data"));
    assert_eq!(none.listen.to_string(), "127.0.0.1:7070");
    let names: Vec<_> = none.catalogs.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["catalogs/odin.toml", "catalogs/odysseus.toml"]);
    assert!(!none.https() && !none.open_documents && none.services.is_empty());
    assert_eq!(settings("", &[]).unwrap().data_dir, Path::new("conf/symbolon-data"));
}

#[test]
fn everything_can_be_said() {
    let text = r#"
        data_dir = "data"
        listen = "[::1]:7000"
        public_url = "https://tokens.example"
        open_documents = true
        catalogs = ["own.toml", "builtin:odin"]
        log = "info,symbolon_gate=debug"
        log_format = "json"
        [services.odin]
        listen = "127.0.0.1:7171"
        upstream = "http://127.0.0.1:8000"
        other_credentials = "passthrough"
        upstream_headers = { "X-API-Key" = "hush" }
        session_cookie = true
        human_system_key = false
        enforce = false
        timeouts = { connect = "500ms", answer = "2m" }
    "#;
    let said = settings(text, &[]).unwrap();
    assert_eq!(said.data_dir, Path::new("conf/data"));
    assert_eq!(said.catalogs[0], CatalogSource::File("conf/own.toml".into()));
    assert!(said.https() && said.open_documents && said.log_format == LogFormat::Json);
    let odin = &said.services["odin"];
    assert!(odin.rules.session_cookie && !odin.rules.system_key_on_human && !odin.rules.enforce);
    let door = odin.proxy.as_ref().unwrap();
    assert!(door.has_secrets() && !format!("{door:?}").contains("hush"));
    let proxy = door.settings(&"odin".parse().unwrap(), ProxyLimits::default()).unwrap();
    assert_eq!(format!("{:?}", proxy.upstream_headers), r#"["x-api-key"]"#);
    assert_eq!(proxy.timeouts.connect.as_millis(), 500);
    assert_eq!(proxy.timeouts.answer.as_secs(), 120);
    assert_eq!(proxy.timeouts.idle, symbolon_server::proxy::Timeouts::default().idle);
}

#[test]
fn the_environment_is_over_the_file() {
    let text =
        "listen = \"127.0.0.1:1\"\n[services.odin]\nlisten = \"127.0.0.1:2\"\nupstream = \"http://a\"\n";
    let said = settings(
        text,
        &[
            ("SYMBOLON_CONFIG_LISTEN", "127.0.0.1:3"),
            ("SYMBOLON_CONFIG_SERVICES__ODIN__UPSTREAM", "https://b"),
            ("SYMBOLON_CONFIG_SERVICES__ODIN__UPSTREAM_CA", "ca.pem"),
            ("SYMBOLON_CONFIG_DATA_DIR", "here"),
            ("SYMBOLON_CONFIG_CATALOGS", "a.toml, builtin:odin"),
            ("SYMBOLON_CONFIG_SERVICES__ODIN__ENFORCE", "false"),
        ],
    )
    .unwrap();
    assert_eq!(said.listen.port(), 3);
    assert_eq!(said.services["odin"].proxy.as_ref().unwrap().upstream.to_string(), "https://b");
    assert!(!said.services["odin"].rules.enforce);
    // Of a variable, relative to where the command is given, and not to the file.
    assert_eq!(said.data_dir, Path::new("here"));
    assert_eq!(said.catalogs[0], CatalogSource::File("a.toml".into()));
}

#[test]
fn a_fault_names_its_line_and_what_would_be_right() {
    for (text, expected) in [
        ("lisen = \"x\"", "conf/symbolon.toml:1: unknown field `lisen`, expected one of"),
        (
            "\nlisten = \"localhost:1\"",
            "conf/symbolon.toml:2: listen is an address and a port, such as 127.0.0.1:7070",
        ),
        ("listen = 7070", "conf/symbolon.toml:1: invalid type: integer `7070`, expected a string"),
        ("a b", "conf/symbolon.toml:1: "),
        (
            "\n\ncatalogs = [\n\"builtin:jira\"]",
            "conf/symbolon.toml:4: there is no built-in catalog \"jira\"; there are builtin:odin",
        ),
        ("public_url = \"tokens.example\"", "conf/symbolon.toml:1: public_url is where browsers find"),
        ("log = \"loud\"", "conf/symbolon.toml:1: log is off, error,"),
        ("access_log = \"\"", "conf/symbolon.toml:1: access_log is stdout or a file"),
        ("open_metrics = 1", "conf/symbolon.toml:1: invalid type: integer `1`"),
        ("log_format = \"xml\"", "conf/symbolon.toml:1: log_format is human or json"),
        ("[services.Odin]", "conf/symbolon.toml:1: \"Odin\": a service's name is"),
        ("[gateway]", "conf/symbolon.toml:1: the endpoints for gateways need a listen"),
        ("[gateway]\nlisten = \"127.0.0.1:7072\"", "conf/symbolon.toml:2: without peers nobody may ask"),
        (
            "[gateway]\nlisten = \"127.0.0.1:7070\"\npeers = [\"::1\"]",
            "conf/symbolon.toml:2: 127.0.0.1:7070 is where the management API listens already",
        ),
        (
            "[gateway]\nlisten = \"127.0.0.1:1\"\npeers = [\n\"localhost\"]",
            "conf/symbolon.toml:4: a network is an address or a prefix",
        ),
        (
            "[gateway]\nlisten = \"127.0.0.1:1\"\npeers = [\"0.0.0.0/0\"]",
            "conf/symbolon.toml:3: 0.0.0.0/0 is everybody",
        ),
        ("\n[tls]\ncertificate = \"a.pem\"", "conf/symbolon.toml:2: TLS needs a certificate and a key"),
        ("[tls]\ncert = \"a.pem\"", "conf/symbolon.toml:2: unknown field `cert`"),
        (
            "[services.odin]\ntls = { certificate = \"a\", key = \"b\" }",
            "conf/symbolon.toml:2: this is for proxy mode",
        ),
        ("public_url = \"https://a/b\"", "conf/symbolon.toml:1: public_url is where browsers find"),
        ("[services.odin]\npublic_url = \"https://a\"", "conf/symbolon.toml:2: this is for proxy mode"),
        ("[services.odin]\nupstraem = \"x\"", "conf/symbolon.toml:2: unknown field `upstraem`"),
        (
            "[services.odin]\nupstream = \"http://a\"",
            "conf/symbolon.toml:2: an upstream is reached through listen",
        ),
        (
            "[services.odin]\nlisten = \"127.0.0.1:1\"",
            "conf/symbolon.toml:2: listen is where the proxy listens",
        ),
        (
            "[services.odin]\nenforce = \"no\"",
            "conf/symbolon.toml:2: invalid type: string \"no\", expected a boolean",
        ),
        ("[services.odin]\nother_credentials = \"refuse\"", "conf/symbolon.toml:2: this is for proxy mode"),
    ] {
        let told = settings(text, &[]).unwrap_err();
        assert!(told.starts_with(expected), "{text}\n{told}");
    }
}

#[test]
fn tls_is_named_in_the_file_or_in_variables() {
    let text = "[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n\
                [services.odin]\nlisten = \"127.0.0.1:1\"\nupstream = \"http://a\"";
    let variables = [
        ("SYMBOLON_CONFIG_TLS__KEY", "/run/key"),
        ("SYMBOLON_CONFIG_SERVICES__ODIN__TLS__CERTIFICATE", "o.pem"),
        ("SYMBOLON_CONFIG_SERVICES__ODIN__TLS__KEY", "o.key"),
        ("SYMBOLON_CONFIG_GATEWAY__LISTEN", "[::1]:1"),
        ("SYMBOLON_CONFIG_GATEWAY__PEERS", "::1"),
        ("SYMBOLON_CONFIG_GATEWAY__TLS__CERTIFICATE", "g.pem"),
        ("SYMBOLON_CONFIG_GATEWAY__TLS__KEY", "g.key"),
    ];
    let said = settings(text, &variables).unwrap();
    // Browsers reach it over HTTPS then, unless another address is named.
    assert!(said.https());
    let tls = said.tls.unwrap();
    assert_eq!(tls.certificate.1, Path::new("conf/a.pem"));
    assert_eq!(tls.key.1, Path::new("/run/key"));
    assert_eq!(said.gateway.unwrap().tls.unwrap().key.1, Path::new("g.key"));
    let odin = said.services["odin"].proxy.as_ref().unwrap();
    assert_eq!(odin.tls.as_ref().unwrap().certificate.1, Path::new("o.pem"));
}

#[test]
fn gateways_are_named_in_the_file_or_in_variables() {
    let text = "[gateway]\nlisten = \"127.0.0.1:7072\"\npeers = [\"127.0.0.1\", \"10.0.0.0/8\"]\n\
                [services.odin]\nother_credentials = \"passthrough\"";
    let said = settings(text, &[]).unwrap();
    let gateway = said.gateway.unwrap();
    assert_eq!(gateway.listen.to_string(), "127.0.0.1:7072");
    assert!(gateway.peers.contain("10.1.2.3".parse().unwrap()));
    let odin = &said.services["odin"];
    assert!(odin.proxy.is_none() && odin.other_credentials == symbolon_server::OtherCredentials::Passthrough);
    let variables = [
        ("SYMBOLON_CONFIG_GATEWAY__LISTEN", "[::1]:1"),
        ("SYMBOLON_CONFIG_GATEWAY__PEERS", "::1, 0.0.0.0/0"),
        ("SYMBOLON_CONFIG_GATEWAY__ANY_PEER", "true"),
    ];
    let gateway = settings(text, &variables).unwrap().gateway.unwrap();
    assert_eq!(gateway.listen.to_string(), "[::1]:1");
    assert!(gateway.peers.contain("192.0.2.1".parse().unwrap()));
}

#[test]
fn a_fault_of_a_proxy_names_its_line() {
    let base = "[services.odin]\nlisten = \"127.0.0.1:1\"\nupstream = \"http://a\"\n";
    for (text, expected) in [
        ("other_credentials = \"allow\"", "conf/symbolon.toml:4: other_credentials is refuse or passthrough"),
        ("upstream_headers = { \"X-Symbolon-Owner\" = \"x\" }", "conf/symbolon.toml:4: "),
        (
            "upstream_headers = { \"A\" = \"x\", \"a\" = \"y\" }",
            "conf/symbolon.toml:4: the header a is given twice",
        ),
        ("upstream_headers = { A = { fil = \"x\" } }", "conf/symbolon.toml:4: unknown field `fil`"),
        (
            "upstream_headers = { A = 1 }",
            "conf/symbolon.toml:4: invalid type: integer `1`, expected the value, or",
        ),
        (
            "public_url = \"shop.example\"",
            "conf/symbolon.toml:4: public_url is where callers find this service",
        ),
        ("upstream_http2 = 1", "conf/symbolon.toml:4: invalid type: integer `1`, expected a boolean"),
        ("upstream_ca = \"ca.pem\"", "conf/symbolon.toml:4: upstream_ca is for an upstream that begins with"),
        ("timeouts = { connect = \"5\" }", "conf/symbolon.toml:4: a wait is written such as 5s"),
        ("timeouts = { connect = \"-5s\" }", "conf/symbolon.toml:4: a wait is written such as 5s"),
        ("timeouts = { conect = \"5s\" }", "conf/symbolon.toml:4: unknown field `conect`"),
        (
            "[services.odysseus]\nlisten = \"127.0.0.1:1\"\nupstream = \"http://b\"",
            "conf/symbolon.toml:5: 127.0.0.1:1 is where",
        ),
    ] {
        let told = settings(&format!("{base}{text}"), &[]).unwrap_err();
        assert!(told.starts_with(expected), "{text}\n{told}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let told = settings("listen = \"x\"\nlog = \"loud\"", &[("SYMBOLON_CONFIG_X", "")]).unwrap_err();
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[test]
fn a_header_can_come_from_a_file_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("symbolon.toml");
    std::fs::write(directory.path().join("key"), "hush\n").unwrap();
    let text = "[services.odin]\nlisten = \"127.0.0.1:1\"\nupstream = \"http://a\"\n\
                upstream_headers = { \"X-API-Key\" = { file = \"key\" }, B = { file = \"gone\" } }";
    let said = Settings::from_text(Some(file), text, &Environment::default()).unwrap();
    let door = said.services["odin"].proxy.as_ref().unwrap();
    assert!(!door.has_secrets());
    let fault = door.settings(&"odin".parse().unwrap(), ProxyLimits::default()).unwrap_err().to_string();
    assert!(fault.contains("symbolon.toml:4: ") && fault.contains("gone cannot be read"), "{fault}");
    std::fs::write(directory.path().join("gone"), "x\ny").unwrap();
    let fault = door.settings(&"odin".parse().unwrap(), ProxyLimits::default()).unwrap_err().to_string();
    assert!(fault.contains("the header b has characters"), "{fault}");
    std::fs::write(directory.path().join("gone"), "x").unwrap();
    assert!(door.settings(&"odin".parse().unwrap(), ProxyLimits::default()).is_ok());
}

#[test]
fn an_upstream_s_signers_come_from_a_file_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("symbolon.toml");
    let text =
        "[services.odin]\nlisten = \"127.0.0.1:1\"\nupstream = \"https://a\"\nupstream_ca = \"ca.pem\"\n";
    let said = Settings::from_text(Some(file), text, &Environment::default()).unwrap();
    let told = || {
        let door = said.services["odin"].proxy.as_ref().unwrap();
        door.settings(&"odin".parse().unwrap(), ProxyLimits::default()).unwrap_err().to_string()
    };
    let gone = told();
    assert!(gone.contains("symbolon.toml:4: ") && gone.contains("ca.pem cannot be read"), "{gone}");
    std::fs::write(directory.path().join("ca.pem"), "hush").unwrap();
    let broken = told();
    assert!(broken.contains("symbolon.toml:4: ") && broken.contains("BEGIN CERTIFICATE"), "{broken}");
    assert!(!broken.contains("hush"));
}

#[test]
fn an_upstream_is_spoken_to_in_http_2_where_that_is_said() {
    let read = |more: &str| {
        let text = format!("[services.odin]\nlisten = \"127.0.0.1:1\"\nupstream = \"http://a\"\n{more}");
        let said = Settings::from_text(None, &text, &Environment::default()).unwrap();
        said.services["odin"].proxy.as_ref().unwrap().upstream.clone()
    };
    let plain: Upstream = "http://a".parse().unwrap();
    assert_eq!(read(""), plain);
    assert_eq!(read("upstream_http2 = false"), plain);
    assert_eq!(read("upstream_http2 = true"), plain.in_http2());
    let alone = settings("[services.odin]\nupstream_http2 = true", &[]).unwrap_err();
    assert!(alone.contains(":2: this is for proxy mode"), "{alone}");
}

#[test]
fn the_key_of_the_environment_does_not_print() {
    let environment = environment(&[("SYMBOLON_KEY", "hush"), ("SYMBOLON_URL", "http://a")]);
    assert_eq!(environment.key.unwrap().expose_secret(), "hush");
}
