//! Configuration: which layer wins, which names mean the same, and how it is shown.

mod start;

use std::time::Duration;

use fakeai::config::{self, Problem};
use fakeai_canon::Mode;
use fakeai_server::config::{ByteCount, ClockKind, Config, PaceKind, Setting};
use start::Start;

#[test]
fn a_flag_beats_the_environment_beats_a_file_beats_the_default() {
    let start = Start::default();
    assert_eq!(
        (start.config().server.port, start.origin("server.port")),
        (8000, "default".into())
    );
    let start = start.file(
        "fakeai.toml",
        "# a comment\n[server]\nport = 1\nseed = 11\n",
    );
    assert_eq!(start.config().server.port, 1);
    assert_eq!(start.origin("server.port"), "file fakeai.toml:3");
    let start = start
        .variable("FAKEAI_PORT", "2")
        .variable("FAKEAI_MODE", "mock");
    assert_eq!(start.config().server.port, 2);
    assert_eq!(start.origin("server.port"), "environment FAKEAI_PORT");
    let start = start.flags(&["--port", "3"]);
    let config = start.config();
    assert_eq!((config.server.port, config.server.seed), (3, 11));
    assert_eq!(config.server.mode, Mode::Mock);
    assert_eq!(start.origin("server.port"), "flag --port");
    assert_eq!(start.origin("server.seed"), "file fakeai.toml:4");
    assert_eq!(start.origin("server.host"), "default");
}

#[test]
fn a_bucket_is_opened_by_what_other_programs_read_unless_we_are_told() {
    let start = Start::default()
        .variable("AWS_ACCESS_KEY_ID", "theirs")
        .variable("AWS_SECRET_ACCESS_KEY", "hidden")
        .variable("AWS_DEFAULT_REGION", "there")
        .variable("AWS_REGION", "eu-north-1")
        .variable("AWS_ENDPOINT_URL", "");
    assert_eq!(start.config().storage.s3_access_key_id, None);
    let start = start
        .flags(&["--storage-blobs", "s3://files/mine"])
        .file("fakeai.toml", "[storage]\ns3_access_key_id = 'ours'\n");
    let storage = start.config().storage;
    assert_eq!(storage.s3_access_key_id.as_deref(), Some("ours"));
    assert_eq!(storage.s3_region, "eu-north-1");
    assert_eq!(storage.s3_endpoint, None);
    assert_eq!(storage.s3_secret_access_key.unwrap().0, "hidden");
    assert_eq!(
        start.origin("storage.s3_secret_access_key"),
        "environment AWS_SECRET_ACCESS_KEY"
    );
}

#[test]
fn every_setting_can_be_given_in_every_layer() {
    for setting in Config::settings() {
        let given = value_for(setting);
        let quoted = format!("[{}]\n{} = {:?}\n", setting.section, setting.key, given);
        let text: &'static str = quoted.leak();
        let value: &'static str = given.leak();
        let shown = |start: &Start| {
            let resolved = start.resolve();
            let error = |error: config::ConfigError| {
                // The only thing that may be wrong with a setting that stands alone.
                assert!(
                    matches!(error.problems[..], [Problem::Conflict { .. }]),
                    "{error}"
                );
            };
            resolved
                .map_err(error)
                .ok()
                .map(|resolved| setting.show(&resolved.config))
        };
        let mut layers = vec![shown(&Start::default().file("fakeai.toml", text))];
        for variable in setting.variables() {
            layers.push(shown(&Start::default().variable(variable.leak(), value)));
        }
        for flag in setting.flags() {
            let flag = format!("--{flag}={value}").leak();
            layers.push(shown(&Start::default().flags(&[flag])));
        }
        let same = layers.iter().all(|layer| *layer == layers[0]);
        assert!(same, "{} differs by layer: {layers:?}", setting.name());
        let changed = layers[0].as_ref() != Some(&setting.show(&Config::default()));
        assert!(changed, "{} is not set by {value}", setting.name());
    }
}

/// A value that a setting takes and that is not its default.
fn value_for(setting: &Setting) -> String {
    let mut config = Config::default();
    let default = setting.show(&config);
    let tries = [
        "true",
        "false",
        "mock",
        "virtual",
        "json",
        "debug",
        "profile",
        "echo",
        "uniform",
        "0.5",
        "1",
        "500",
        "9000",
        "2000000",
        "text",
        "20:10%",
        "vllm",
        "2",
        "sqlite:there",
        "folder:there",
        "all",
        r#"{"enable_kv_cache_events":true}"#,
        "round-robin",
        "error",
        "priority",
        "key",
    ];
    let raw = |text: &str| fakeai_server::config::Raw::Text(text.to_owned());
    let fits =
        |text: &&&str| setting.set(&mut config, &raw(text)) && setting.show(&config) != default;
    tries
        .iter()
        .find(fits)
        .map_or_else(String::new, |text| (*text).to_owned())
}

#[test]
fn names_are_unique_and_each_setting_says_what_it_does() {
    let mut names = Vec::new();
    for setting in Config::settings() {
        names.extend(setting.names());
        assert!(
            !setting.about.is_empty() && setting.about[0].len() > 5,
            "{}",
            setting.name()
        );
        let mut config = Config::default();
        let shown = setting.show(&config);
        let secret = setting.name() == "auth.api_keys";
        assert!(
            secret || setting.set(&mut config, &shown),
            "{} refuses its default",
            setting.name()
        );
        assert_eq!(config, Config::default());
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a name stands for two settings");
}

#[test]
fn the_three_file_formats_say_the_same() {
    let toml = Start::default().file(
        "fakeai.toml",
        "[server]\nport = 9001\nmode = \"mock\"\n[generation]\nttft = \"20:10%\"\nitl = 5\n\
         [security]\ncors_allowed_origins = [\"http://a\", \"http://b\"]\nmax_body_bytes = \"1MiB\"\n",
    );
    let yaml = "server:\n  port: 9001\n  mode: mock\ngeneration:\n  ttft: 20:10%\n  itl: 5\n\
                security:\n  cors_allowed_origins:\n    - http://a\n    - http://b\n  max_body_bytes: 1MiB\n";
    let json = "{\n \"server\": {\"port\": 9001, \"mode\": \"mock\"},\n \"generation\": {\"ttft\": \"20:10%\", \"itl\": 5},\n \
                \"security\": {\"cors_allowed_origins\": [\"http://a\", \"http://b\"], \"max_body_bytes\": \"1MiB\"}\n}";
    assert_eq!(toml.config().server.port, 9001);
    assert_eq!(toml.config().security.max_request_size, ByteCount(1 << 20));
    for (name, text, line) in [
        ("fakeai.yaml", yaml, 2),
        ("fakeai.yml", yaml, 2),
        ("fakeai.json", json, 2),
    ] {
        let other = Start::default().file(name, text);
        assert_eq!(other.config(), toml.config(), "{name}");
        assert_eq!(other.origin("server.port"), format!("file {name}:{line}"));
    }
}

#[test]
fn both_kinds_of_variable_mean_the_same() {
    let long = Start::default().variable("FAKEAI_SERVER__PORT", "5");
    assert_eq!(long.config().server.port, 5);
    assert_eq!(
        long.origin("server.port"),
        "environment FAKEAI_SERVER__PORT"
    );
    let both = long.variable("FAKEAI_PORT", "5");
    assert_eq!(both.config().server.port, 5);
    let apart = Start::default()
        .variable("FAKEAI_PORT", "5")
        .variable("FAKEAI_SERVER__PORT", "6");
    assert!(
        apart
            .words()
            .contains("FAKEAI_PORT and FAKEAI_SERVER__PORT"),
        "{}",
        apart.words()
    );
    assert_eq!(
        Start::default()
            .variable("FAKEAI_PORT", "")
            .config()
            .server
            .port,
        8000
    );
    for other in ["OTHER_PORT", "FAKEAI_BASE_URL"] {
        assert_eq!(
            Start::default().variable(other, "x").config(),
            Config::default()
        );
    }
    let alias = Start::default().variable("FAKEAI_TTFT_MS", "30").config();
    assert_eq!(
        alias.generation.ttft.map(|ttft| ttft.milliseconds),
        Some(30.0)
    );
}

#[test]
fn timing_flags_take_a_spread_and_choose_the_pace() {
    let config = Start::default()
        .flags(&["--ttft", "20:10%", "--itl", "5"])
        .config();
    let ttft = config.generation.ttft.expect("it is set");
    assert_eq!((ttft.milliseconds, ttft.spread_percent), (20.0, 10.0));
    assert_eq!(config.generation.pace(), PaceKind::Fixed);
    assert_eq!(Config::default().generation.pace(), PaceKind::Instant);
    let profile = Start::default()
        .flags(&["--ttft", "1", "--pace", "profile"])
        .config();
    assert_eq!(profile.generation.pace(), PaceKind::Profile);
    let delay = Start::default()
        .flags(&["--response-delay", "0.5", "--random-delay"])
        .config();
    assert_eq!(delay.generation.response_delay, Duration::from_millis(500));
    assert_eq!(delay.generation.delay().to_string(), "500:30%");
    assert_eq!(Config::default().generation.delay().milliseconds, 0.0);
}

#[test]
fn switches_are_turned_on_and_off() {
    let docs = |flags: &[&'static str]| Start::default().flags(flags).config().features.docs;
    assert!(docs(&[]) && docs(&["--docs"]) && docs(&["--docs=true"]));
    assert!(!docs(&["--no-docs"]) && !docs(&["--docs=false"]) && !docs(&["--docs", "--no-docs"]));
    assert!(docs(&["--no-docs", "--docs"]));
    let debug = |value| {
        Start::default()
            .variable("FAKEAI_DEBUG", value)
            .config()
            .server
            .debug
    };
    assert!(debug("true") && debug("1") && debug("yes") && !debug("0") && !debug("off"));
    let clock = Start::default()
        .flags(&["--clock", "virtual"])
        .config()
        .server
        .clock;
    assert_eq!(clock, ClockKind::Virtual);
}

#[test]
fn keys_come_singly_or_from_files_and_are_never_shown_whole() {
    let start = Start::default()
        .file(
            "keys.txt",
            "# keys of the team\nsk-from-a-file-1\n\n  sk-from-a-file-2  \n",
        )
        .flags(&["--api-key", "sk-0123456789abcdef", "--api-key", "keys.txt"]);
    let resolved = start.resolve().expect("keys");
    assert_eq!(
        resolved.config.auth.api_keys.0,
        [
            "sk-0123456789abcdef",
            "sk-from-a-file-1",
            "sk-from-a-file-2"
        ]
    );
    assert!(resolved.config.auth.is_required() && !Config::default().auth.is_required());
    let json = config::json(&resolved).to_string();
    for shown in [config::table(&resolved), config::toml(&resolved), json] {
        assert!(
            shown.contains("sk-…ef") && !shown.contains("0123456789"),
            "{shown}"
        );
    }
    let variable = Start::default().variable("FAKEAI_API_KEY", "a,b").config();
    assert_eq!(variable.auth.api_keys.0, ["a", "b"]);
    let json = Start::default()
        .variable("FAKEAI_AUTH__API_KEYS", "[\"a,1\", \"b\"]")
        .config();
    assert_eq!(json.auth.api_keys.0, ["a,1", "b"]);
    let file = Start::default()
        .file("fakeai.toml", "[auth]\napi_keys = [\"k1\"]\n")
        .config();
    assert_eq!(file.auth.api_keys.0, ["k1"]);
    let off = Start::default()
        .flags(&["--api-key", "k", "--no-require-api-key"])
        .config();
    assert!(!off.auth.is_required());
    let bad = Start::default().file("fakeai.toml", "[auth]\napi_keys = [\"secret-one\", \"\"]\n");
    assert!(!bad.words().contains("secret-one"), "{}", bad.words());
}

#[test]
fn the_configuration_is_shown_with_its_sources_and_read_back() {
    let start = Start::default()
        .file("fakeai.toml", "[server]\nport = 9\n")
        .variable("FAKEAI_ITL", "5:1%")
        .flags(&[
            "--fixed-text",
            "a \"b\" \\ c",
            "--cors-allowed-origin",
            "http://x",
        ]);
    let resolved = start.resolve().expect("fine");
    let table = config::table(&resolved);
    let line = |name: &str| {
        let line = table
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a line");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("server.port"), "server.port 9 file fakeai.toml:2");
    assert_eq!(
        line("generation.itl"),
        "generation.itl \"5:1%\" environment FAKEAI_ITL"
    );
    assert_eq!(line("generation.ttft"), "generation.ttft unset default");
    let json = config::json(&resolved);
    assert_eq!(json["server"]["port"]["value"], 9);
    assert_eq!(
        json["generation"]["fixed_text"]["from"],
        "flag --fixed-text"
    );
    assert!(json["generation"]["ttft"]["value"].is_null());
    let toml: &'static str = config::toml(&resolved).leak();
    assert_eq!(
        Start::default().file("fakeai.toml", toml).config(),
        resolved.config
    );
}

#[test]
fn the_reference_page_is_up_to_date() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/configuration.md"
    );
    let page = config::reference_page();
    if option_env!("UPDATE").is_some() {
        std::fs::write(path, &page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/reference/configuration.md is stale: run this test with UPDATE=1"
    );
}
