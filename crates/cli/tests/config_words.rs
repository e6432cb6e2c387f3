//! Configuration: what stops a start, and in which words.

mod start;

use clap::{Args, Command};
use fakeai::config::Flags;
use fakeai_server::config::{Config, TextSource};
use start::Start;

#[test]
fn files_are_found_named_and_refused() {
    let start = Start::default()
        .file("other.yaml", "port: 7\n")
        .file("fakeai.toml", "port = 8\n");
    assert_eq!(start.config().server.port, 8);
    assert_eq!(
        start
            .flags(&["--config", "other.yaml"])
            .config()
            .server
            .port,
        7
    );
    let start = Start::default().file("other.yaml", "port: 7\n");
    assert_eq!(
        start
            .variable("FAKEAI_CONFIG", "other.yaml")
            .config()
            .server
            .port,
        7
    );
    let none = Start::default().flags(&["--config", "gone.toml"]);
    assert_eq!(none.words(), "flag --config: there is no file gone.toml.");
    let both = Start::default()
        .file("fakeai.toml", "")
        .file("fakeai.json", "{}");
    assert!(
        both.words().contains("stands beside fakeai.json"),
        "{}",
        both.words()
    );
    let strange = Start::default()
        .file("c.ini", "")
        .flags(&["--config", "c.ini"]);
    assert!(
        strange.words().contains("ends with .toml"),
        "{}",
        strange.words()
    );
    for (name, text, line) in [
        ("fakeai.toml", "[server]\nport = = 3\n", 2),
        ("fakeai.json", "{\n\"server\": {,}\n}", 2),
        ("fakeai.yaml", "server:\n  port: [1\n", 2),
    ] {
        let words = Start::default().file(name, text).words();
        assert!(
            words.starts_with(&format!("file {name}:")),
            "{words} (line {line})"
        );
    }
    for (name, text) in [
        ("fakeai.yaml", ""),
        ("fakeai.yaml", "# nothing\n"),
        ("fakeai.json", "{}"),
    ] {
        assert_eq!(
            Start::default().file(name, text).config(),
            Config::default()
        );
    }
    let empty = Start::default().file("fakeai.yaml", "kv_cache:\nserver: {}\n");
    assert_eq!(empty.config(), Config::default());
}

#[test]
fn an_unknown_key_stops_the_start_and_names_what_was_meant() {
    let words = Start::default()
        .file("fakeai.toml", "[server]\nprot = 1\n")
        .words();
    assert!(
        words.starts_with("file fakeai.toml:2: there is no setting `server.prot`. "),
        "{words}"
    );
    assert!(words.contains("Did you mean `server.port`?"), "{words}");
    assert!(
        words.contains("The section server has host, port, debug,"),
        "{words}"
    );
    for (variable, meant) in [
        ("FAKEAI_PROT", "FAKEAI_PORT"),
        ("FAKEAI_SERVER__PROT", "FAKEAI_SERVER__PORT"),
        ("FAKEAI_SEVER__PORT", "FAKEAI_SERVER__PORT"),
        ("FAKEAI_STRICT_MODEL", "FAKEAI_STRICT_MODELS"),
    ] {
        let words = Start::default().variable(variable, "1").words();
        assert!(
            words.starts_with(&format!("environment {variable}: ")),
            "{words}"
        );
        assert!(
            words.contains(&format!("Did you mean `{meant}`?")),
            "{words}"
        );
    }
    let words = Start::default()
        .file("fakeai.toml", "[generaton]\nttft = 1\n")
        .words();
    assert!(words.contains("Did you mean `generation`?"), "{words}");
    let words = Start::default()
        .file("fakeai.toml", "[kv_cache]\nenabled = true\n")
        .words();
    assert!(
        words.contains("The section kv_cache has prompt_caching, prompt_cache_steps."),
        "{words}"
    );
    let words = Start::default().file("fakeai.toml", "zzz = 1\n").words();
    assert!(!words.contains("Did you mean") && words.contains("The sections are server, auth,"));
    let flag = Flags::augment_args(Command::new("fakeai")).no_binary_name(true);
    let error = flag
        .try_get_matches_from(["--prot", "1"])
        .expect_err("there is no such flag");
    assert!(error.to_string().contains("--port"), "{error}");
}

#[test]
fn a_bad_value_stops_the_start_with_what_is_accepted() {
    let port = "`server.port` can't be \"abc\"; expected a whole number from 0 to 65535.";
    let start = |variable, value| Start::default().variable(variable, value);
    assert_eq!(
        start("FAKEAI_PORT", "abc").words(),
        format!("environment FAKEAI_PORT: {port}")
    );
    assert_eq!(
        Start::default().flags(&["--port", "abc"]).words(),
        format!("flag --port: {port}")
    );
    let words = Start::default()
        .file("fakeai.yaml", "server:\n  mode: reel\n")
        .words();
    assert_eq!(
        words,
        "file fakeai.yaml:2: `server.mode` can't be \"reel\"; expected one of `realistic`, `mock`."
    );
    for (variable, value, accepted) in [
        ("FAKEAI_PORT", "65536", "from 0 to 65535"),
        ("FAKEAI_PORT", "-1", "from 0 to 65535"),
        ("FAKEAI_FAULT_RATE", "1.5", "a number from 0 to 1"),
        ("FAKEAI_FAULT_STATUS", "200", "from 400 to 599"),
        ("FAKEAI_TTFT", "20ms", "as in `20` or `20:10%`"),
        ("FAKEAI_TTFT", "20:200%", "0 to 100 percent"),
        ("FAKEAI_DEBUG", "maybe", "`true` or `false`"),
        ("FAKEAI_RESPONSE_DELAY", "-1", "seconds from 0 to 3600"),
        ("FAKEAI_TIME_SCALE", "0", "from 0.001"),
        ("FAKEAI_TIME_SCALE", "NaN", "from 0.001"),
        ("FAKEAI_MAX_REQUEST_SIZE", "12", "bytes from 1024"),
    ] {
        let words = start(variable, value).words();
        assert!(
            words.contains(accepted) && words.contains(variable),
            "{words}"
        );
    }
    // A bad value stops the start even where a higher layer replaces it, and all are told at once.
    let words = start("FAKEAI_PORT", "abc")
        .flags(&["--port", "1", "--itl", "x"])
        .words();
    assert_eq!(words.lines().count(), 2, "{words}");
    let table = Start::default()
        .file("fakeai.toml", "[server]\nport = { number = 1 }\n")
        .words();
    assert!(table.contains("can't be a table"), "{table}");
}

#[test]
fn settings_that_contradict_each_other_stop_the_start() {
    for (flags, words) in [
        (
            &["--tls-cert", "c.pem"][..],
            "flag --tls-cert: server.tls_cert needs server.tls_key too.",
        ),
        (
            &["--ssl-keyfile", "k.pem"],
            "flag --tls-key: server.tls_key needs server.tls_cert too.",
        ),
        (&["--text", "fixed"], "generation.fixed_text is needed"),
        (&["--text", "echo", "--fixed-text", "x"], "is never said"),
        (
            &["--pace", "instant", "--ttft", "5"],
            "ttft and itl can't be kept",
        ),
    ] {
        let said = Start::default().flags(flags).words();
        assert!(said.contains(words), "{said}");
    }
    let fixed = Start::default().flags(&["--fixed-text", "Hello"]).config();
    assert_eq!(fixed.generation.text(), TextSource::Fixed);
}
