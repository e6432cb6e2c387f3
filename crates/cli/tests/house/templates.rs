//! Prompt templates that the settings define, and requests that name them.

use serde_json::{Value, json};

use crate::house::House;

const RESPONSES: &str = "/v1/responses";

async fn house() -> House {
    House::with(|config| {
        config.generation.prompt_templates = vec![
            "pmpt_city@1=You are a guide.".to_owned(),
            "pmpt_city@2=Reply with exactly: \"Welcome to {{ city }}\"".to_owned(),
        ];
    })
    .await
}

fn asks(prompt: Value) -> Value {
    json!({"model": "gpt-4.1", "prompt": prompt, "input": "Hello"})
}

#[tokio::test]
async fn a_template_is_part_of_the_prompt() {
    let house = house().await;
    let prompt = json!({"id": "pmpt_city", "variables": {"city": "Lisbon"}});
    let answer = house.post(RESPONSES, &asks(prompt)).await.json();
    assert_eq!(
        answer["output"][0]["content"][0]["text"],
        "Welcome to Lisbon"
    );
    let first = json!({"id": "pmpt_city", "version": "1"});
    let first = house.post(RESPONSES, &asks(first)).await.json();
    let bare = json!({"model": "gpt-4.1", "input": "Hello"});
    let bare = house.post(RESPONSES, &bare).await.json();
    let counted = |answer: &Value| answer["usage"]["input_tokens"].as_u64();
    assert!(counted(&answer) > counted(&first) && counted(&first) > counted(&bare));
}

#[tokio::test]
async fn what_is_not_defined_is_refused_where_anything_is() {
    let house = house().await;
    let refused = async |prompt, status| house.post(RESPONSES, &asks(prompt)).await.error(status);
    let error = refused(json!({"id": "pmpt_other"}), 404).await;
    assert_eq!(error["message"], "Prompt with id 'pmpt_other' not found.");
    let error = refused(json!({"id": "pmpt_city", "version": "9"}), 404).await;
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("'9'"))
    );
    let error = refused(json!({"id": "pmpt_city"}), 400).await;
    assert_eq!(error["param"], "prompt.variables.city");
    let free = House::open().await;
    let answer = free
        .post(RESPONSES, &asks(json!({"id": "pmpt_other"})))
        .await;
    assert_eq!(answer.json()["status"], "completed");
}
