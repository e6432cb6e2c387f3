//! Agents that libraries write as text: the first step calls a tool in the format that the library
//! reads, and what the tools said ends the loop. Not here: tools that a request has a parameter for.

use fakeai_canon::{Input, Limits, Message, RawPrompt, Role};

use crate::desk::{chat, said, talk};

const REACT: &str =
    "Answer the following questions as best you can. You have access to the following tools:

get_weather(city: str) -> str - Tells the weather in a city.
add(a: int, b: int) -> int - Adds two numbers.

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [get_weather, add]
Action Input: the input to the action
Observation: the result of the action
... (this Thought/Action/Action Input/Observation can repeat N times)
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!

Question: {question}
Thought:{scratchpad}";

fn react(question: &str, scratchpad: &str) -> String {
    let prompt = REACT.replace("{question}", question);
    prompt.replace("{scratchpad}", scratchpad)
}

#[test]
fn a_react_prompt_gets_an_action_and_then_the_answer() {
    let question = "What is the weather in Paris?";
    let step = said(&chat(&react(question, "")));
    assert!(!step.contains("Final Answer:"), "{step}");
    assert!(
        step.ends_with("\nAction: get_weather\nAction Input: Paris"),
        "{step}"
    );
    let past = format!("{step}\nObservation: 18 degrees and sunny\nThought: ");
    let answer = said(&chat(&react(question, &past)));
    assert!(!answer.contains("Action:"), "{answer}");
    let (_, answer) = answer.split_once("\nFinal Answer: ").unwrap();
    assert!(answer.contains("18 degrees and sunny"), "{answer}");

    let sum = said(&chat(&react("What is 17 plus 25?", "")));
    assert!(
        sum.ends_with("\nAction: add\nAction Input: {\"a\":17,\"b\":25}"),
        "{sum}"
    );
}

#[test]
fn each_part_of_a_question_gets_its_own_step() {
    let question = "What is the weather in Paris and in Rome?";
    let first = said(&chat(&react(question, "")));
    assert!(first.ends_with("Action Input: Paris"), "{first}");
    let past = format!("{first}\nObservation: sunny\nThought: ");
    let second = said(&chat(&react(question, &past)));
    assert!(second.ends_with("Action Input: Rome"), "{second}");
    let past = format!("{past}{second}\nObservation: rainy\nThought: ");
    let answer = said(&chat(&react(question, &past)));
    assert!(answer.contains("Final Answer:"), "{answer}");
    assert!(answer.contains("rainy"), "{answer}");
}

#[test]
fn a_plain_prompt_is_continued_with_a_step() {
    let work = fakeai_canon::Generate {
        input: Input::Raw(vec![RawPrompt::Text(react(
            "What is the weather in Oslo?",
            "",
        ))]),
        model: "gpt-3.5-turbo-instruct".into(),
        limits: Limits {
            max_tokens: Some(200),
            ..Limits::default()
        },
        ..chat("")
    };
    assert!(said(&work).ends_with("Action: get_weather\nAction Input: Oslo"));
}

const HEADER: &str = "You are designed to help with a variety of tasks.

## Tools

You have access to the following tools:
> Tool Name: multiply
Tool Description: multiply(a: int, b: int) -> int
Multiplies two numbers.
Tool Args: {\"properties\": {\"a\": {\"title\": \"A\", \"type\": \"integer\"}, \"b\": {\"title\": \"B\", \"type\": \"integer\"}}, \"required\": [\"a\", \"b\"], \"type\": \"object\"}

> Tool Name: lookup
Tool Description: lookup(name: str) -> str
Looks a person up.
Tool Args: {\"properties\": {\"name\": {\"type\": \"string\"}}, \"required\": [\"name\"], \"type\": \"object\"}

## Output Format

```
Thought: The current language of the user is: (user's language). I need to use a tool to help me answer the question.
Action: tool name (one of multiply, lookup) if using a tool.
Action Input: the input to the tool, in a JSON format representing the kwargs (e.g. {\"input\": \"hello world\", \"num_beams\": 5})
```

If this format is used, the tool will respond in the following format:

```
Observation: tool response
```

```
Thought: I can answer without using any more tools. I'll use the user's language to answer
Answer: [your answer here (In the same language as the user's question)]
```";

#[test]
fn a_conversation_of_steps_ends_with_what_was_observed() {
    let mut turns = vec![
        Message::text(Role::System, HEADER),
        Message::text(Role::User, "What is 12 times 7?"),
    ];
    let step = said(&talk(turns.clone()));
    assert!(step.starts_with("Thought: "), "{step}");
    assert!(
        step.ends_with("\nAction: multiply\nAction Input: {\"a\":12,\"b\":7}"),
        "{step}"
    );
    turns.push(Message::text(Role::Assistant, step));
    turns.push(Message::text(Role::User, "Observation: 84"));
    let answer = said(&talk(turns));
    assert!(answer.starts_with("Thought: "), "{answer}");
    assert!(
        answer.split_once("\nAnswer: ").unwrap().1.contains("84"),
        "{answer}"
    );
}

#[test]
fn a_step_may_be_a_blob_of_json() {
    let system = "Respond to the human as helpfully and accurately as possible. You have access to the following tools:

search(query: str) -> str - Searches the web., args: {'query': {'title': 'Query', 'type': 'string'}}
multiply(a: int, b: int) -> int - Multiplies two numbers., args: {'a': {'type': 'integer'}, 'b': {'type': 'integer'}}

Use a json blob to specify a tool by providing an action key (tool name) and an action_input key (tool input).

Valid \"action\" values: \"Final Answer\" or search, multiply

```
{
  \"action\": $TOOL_NAME,
  \"action_input\": $INPUT
}
```

Thought: I know what to respond
Action:
```
{
  \"action\": \"Final Answer\",
  \"action_input\": \"Final response to human\"
}
```

Begin! Reminder to ALWAYS respond with a valid json blob of a single action.";
    let reminder = "\n (reminder to respond in a JSON blob no matter what)";
    let ask = |scratchpad: &str| {
        let human = format!("Multiply 6 by 9.\n\n{scratchpad}{reminder}");
        let turns = vec![
            Message::text(Role::System, system),
            Message::text(Role::User, human),
        ];
        let step = said(&talk(turns));
        let (_, blob) = step.split_once("```json\n").unwrap();
        let blob: serde_json::Value = serde_json::from_str(blob.trim_end_matches('`')).unwrap();
        blob
    };
    let step = ask("");
    assert_eq!(step["action"], "multiply");
    assert_eq!(step["action_input"], serde_json::json!({"a": 6, "b": 9}));
    let end = ask(
        "This was your previous work (but I haven't seen any of it! I only see what you return as final answer):\nAction:\n```\n{}\n```\nObservation: 54\nThought:",
    );
    assert_eq!(end["action"], "Final Answer");
    assert!(end["action_input"].as_str().unwrap().contains("54"));
}

#[test]
fn a_step_may_be_a_program() {
    let system = "You are an expert assistant who can solve any task using code blobs. At each step, in the 'Thought:' sequence, explain your reasoning. The code sequence must be opened with '<code>', and closed with '</code>'. In the end you have to return a final answer using the `final_answer` tool.

Task: \"What is the result of 5 + 3?\"
Thought: I will compute it.
<code>
result = 5 + 3
final_answer(result)
</code>

You only have access to these tools, behaving like regular python functions:
<code>
def get_weather(city: string) -> string:
    \"\"\"Tells the weather in a city.

    Args:
        city: The name of the city.
    \"\"\"

def final_answer(answer: any) -> any:
    \"\"\"Provides a final answer to the given problem.

    Args:
        answer: The final answer to the problem
    \"\"\"
</code>

Now Begin!";
    let mut turns = vec![
        Message::text(Role::System, system),
        Message::text(Role::User, "New task:\nWhat is the weather in Lima?"),
    ];
    let step = said(&talk(turns.clone()));
    assert!(step.starts_with("Thought: "), "{step}");
    assert!(
        step.ends_with("\n<code>\nresult = get_weather(city=\"Lima\")\nprint(result)\n</code>"),
        "{step}"
    );
    turns.push(Message::text(Role::Assistant, step));
    turns.push(Message::text(
        Role::User,
        "Observation:\nExecution logs:\nfoggy, 19 degrees\nLast output from code snippet:\nNone",
    ));
    let end = said(&talk(turns));
    let (_, code) = end.split_once("<code>\nfinal_answer(").unwrap();
    assert!(code.contains("foggy, 19 degrees"), "{end}");
}

#[test]
fn a_step_may_be_fields_between_markers() {
    let system = "Your input fields are:
1. `question` (str):
2. `trajectory` (str):
Your output fields are:
1. `next_thought` (str):
2. `next_tool_name` (Literal['get_weather', 'finish']):
3. `next_tool_args` (dict[str, Any]):

In adhering to this structure, your objective is:
        When selecting the next_tool_name and its next_tool_args, the tool must be one of:

        (1) get_weather, whose description is <desc>Tells the weather in a city.</desc>. It takes arguments {'city': {'type': 'string'}}.
        (2) finish, whose description is <desc>Marks the task as complete.</desc>. It takes arguments {}.
        When providing `next_tool_args`, the value inside the field must be in JSON format";
    let ask = |trajectory: &str| {
        let user = format!(
            "[[ ## question ## ]]\nWhat is the weather in Kyiv?\n\n[[ ## trajectory ## ]]\n{trajectory}\n\nRespond with the corresponding output fields, starting with the field `[[ ## next_thought ## ]]`, then `[[ ## next_tool_name ## ]]` (must be formatted as a valid Python Literal['get_weather', 'finish']), then `[[ ## next_tool_args ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`."
        );
        said(&talk(vec![
            Message::text(Role::System, system),
            Message::text(Role::User, user),
        ]))
    };
    let step = ask("");
    assert!(
        step.contains("[[ ## next_tool_name ## ]]\nget_weather\n"),
        "{step}"
    );
    assert!(
        step.contains("[[ ## next_tool_args ## ]]\n{\"city\":\"Kyiv\"}\n"),
        "{step}"
    );
    assert!(step.ends_with("[[ ## completed ## ]]"), "{step}");
    let end = ask(
        "[[ ## thought_0 ## ]]\nI look.\n\n[[ ## tool_name_0 ## ]]\nget_weather\n\n[[ ## tool_args_0 ## ]]\n{\"city\": \"Kyiv\"}\n\n[[ ## observation_0 ## ]]\nsnow",
    );
    assert!(
        end.contains("[[ ## next_tool_name ## ]]\nfinish\n"),
        "{end}"
    );
    assert!(end.contains("[[ ## next_tool_args ## ]]\n{}\n"), "{end}");
}

#[test]
fn what_was_observed_is_in_the_fields_that_follow() {
    let user = "[[ ## question ## ]]\nWhat is the weather in Kyiv?\n\n[[ ## trajectory ## ]]\n[[ ## thought_0 ## ]]\nI look.\n\n[[ ## observation_0 ## ]]\nsnow\n\n[[ ## observation_1 ## ]]\nCompleted.\n\nRespond with the corresponding output fields, starting with the field `[[ ## reasoning ## ]]`, then `[[ ## answer ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`.";
    let said = said(&chat(user));
    let (_, answer) = said.split_once("[[ ## answer ## ]]\n").unwrap();
    assert!(answer.contains("snow"), "{said}");
}
