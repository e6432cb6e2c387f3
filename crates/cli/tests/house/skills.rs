//! Skills in answers: told of in the prompt, read by the shell where the prompt is about them.

use serde_json::{Value, json};

use crate::client::{Event, Request};
use crate::house::House;

const MANIFEST: &str = "---\nname: lighthouse-report\ndescription: Writes the weekly report on \
    lighthouses.\n---\n\nCount the lamps of every lighthouse and name its keeper.\n";
const ASKED: &str = "Write this week's report, please.";

async fn skill(house: &House, manifest: &str, target: &str) -> Value {
    let form = format!(
        "--b\r\ncontent-disposition: form-data; name=\"files[]\"; \
         filename=\"reports/SKILL.md\"\r\n\r\n{manifest}\r\n--b--\r\n"
    );
    let request = Request::post(target).body("multipart/form-data; boundary=b", form);
    house.send(request).await.ok()
}

fn asking(asked: &str, environment: &Value) -> Value {
    json!({"model": "gpt-4.1", "input": asked,
        "tools": [{"type": "shell", "environment": environment}]})
}

fn auto(skills: Value) -> Value {
    json!({"type": "container_auto", "skills": skills})
}

async fn answer(house: &House, asked: &str, environment: &Value) -> Value {
    house
        .post("/v1/responses", &asking(asked, environment))
        .await
        .ok()
}

fn kinds(response: &Value) -> Vec<&str> {
    let items = response["output"].as_array().expect("items").iter();
    items.filter_map(|item| item["type"].as_str()).collect()
}

fn input_tokens(response: &Value) -> u64 {
    response["usage"]["input_tokens"].as_u64().expect("a count")
}

#[tokio::test]
async fn a_skill_is_told_of_and_read_where_the_prompt_is_about_it() {
    let house = House::open().await;
    let made = skill(&house, MANIFEST, "/v1/skills").await;
    let named = json!({"type": "skill_reference", "skill_id": made["id"]});
    let environment = auto(json!([named]));

    let bare = answer(&house, ASKED, &auto(json!([]))).await;
    assert_eq!(kinds(&bare), ["message"]);
    let read = answer(&house, ASKED, &environment).await;
    assert_eq!(kinds(&read), ["shell_call", "shell_call_output", "message"]);
    let (call, output) = (&read["output"][0], &read["output"][1]);
    let command = call["action"]["commands"][0].as_str().expect("a command");
    assert!(command.starts_with("cat /") && command.ends_with("lighthouse-report/SKILL.md"));
    assert_eq!(call["call_id"], output["call_id"]);
    assert_eq!(output["output"][0]["stdout"], MANIFEST);
    let said = read["output"][2]["content"][0]["text"]
        .as_str()
        .expect("a text");
    assert!(said.to_lowercase().contains("lighthouse"), "{said}");

    // Another question only finds the skill mentioned: its instructions cost nothing.
    let question = "What is the capital of Peru?";
    let other = answer(&house, question, &environment).await;
    assert_eq!(kinds(&other), ["message"]);
    let told =
        input_tokens(&other) - input_tokens(&answer(&house, question, &auto(json!([]))).await);
    let whole = input_tokens(&read) - input_tokens(&bare);
    assert!(told > 15 && whole > told + 40, "{told}, {whole}");
    let counted = house
        .post("/v1/responses/input_tokens", &asking(ASKED, &environment))
        .await
        .ok();
    assert_eq!(counted["input_tokens"], input_tokens(&read));

    // The streamed answer is the same, and an answer may be asked to run no tool.
    let mut body = asking(ASKED, &environment);
    body["stream"] = json!(true);
    let events = house.stream("/v1/responses", &body).await.events().await;
    let mut events = events.iter().map(Event::json);
    let done = events.find(|event| event["type"] == "response.completed");
    let done = done.expect("an end")["response"].clone();
    assert_eq!(kinds(&done), kinds(&read));
    assert_eq!(done["output"][1]["output"], output["output"]);
    body["stream"] = json!(false);
    body["max_tool_calls"] = json!(0);
    let none = house.post("/v1/responses", &body).await.ok();
    assert_eq!(kinds(&none), ["message"]);
}

#[tokio::test]
async fn the_version_that_is_named_is_the_one_that_is_read() {
    let house = House::open().await;
    let made = skill(&house, MANIFEST, "/v1/skills").await;
    let id = made["id"].as_str().expect("an id");
    let newer = MANIFEST.replace("keeper", "weather");
    skill(&house, &newer, &format!("/v1/skills/{id}/versions")).await;
    let with = async |version: Value| {
        let mut named = json!({"type": "skill_reference", "skill_id": id});
        named["version"] = version;
        if named["version"].is_null() {
            named.as_object_mut().expect("an object").remove("version");
        }
        let body = asking(ASKED, &auto(json!([named])));
        house.post("/v1/responses", &body).await
    };
    for (version, text) in [
        (Value::Null, MANIFEST),
        (json!("1"), MANIFEST),
        (json!("2"), &newer),
        (json!("latest"), &newer),
    ] {
        let read = with(version).await.ok();
        assert_eq!(read["output"][1]["output"][0]["stdout"], text);
    }
    let error = with(json!("3")).await.error(404);
    assert_eq!(error["message"], "Skill version '3' not found.");

    // A container has the version that was the default when it was made.
    let named = json!({"type": "skill_reference", "skill_id": id});
    let made = json!({"name": "box", "skills": [named]});
    let made = house.post("/v1/containers", &made).await.ok();
    house
        .post(
            &format!("/v1/skills/{id}"),
            &json!({"default_version": "2"}),
        )
        .await
        .ok();
    let environment = json!({"type": "container_reference", "container_id": made["id"]});
    let read = answer(&house, ASKED, &environment).await;
    assert_eq!(read["output"][0]["environment"]["container_id"], made["id"]);
    assert_eq!(read["output"][1]["output"][0]["stdout"], MANIFEST);
    house.delete(&format!("/v1/skills/{id}")).await.ok();
    assert_eq!(
        kinds(&answer(&house, ASKED, &environment).await),
        ["message"]
    );
}

#[tokio::test]
async fn a_skill_on_the_clients_machine_is_told_of_and_not_read() {
    let house = House::open().await;
    let local = |skills: Value| json!({"type": "local", "skills": skills});
    let own =
        json!([{"name": "reports", "description": "Writes reports.", "path": "/srv/reports"}]);
    let told = answer(&house, ASKED, &local(own)).await;
    assert_eq!(kinds(&told), ["message"]);
    let bare = answer(&house, ASKED, &local(json!([]))).await;
    assert!(input_tokens(&told) > input_tokens(&bare) + 10);
    let broken = json!([{"type": "inline", "name": "x", "description": "y",
        "source": {"type": "base64", "media_type": "application/zip", "data": "QUJD"}}]);
    let body = asking(ASKED, &auto(broken));
    let error = house.post("/v1/responses", &body).await.error(400);
    assert_eq!(error["code"], "invalid_skill");
}
