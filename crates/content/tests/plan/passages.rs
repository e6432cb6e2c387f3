//! Questions about passages that the prompt brings along, in the templates that libraries write. Not
//! here: documents that the provider's tool finds.

use fakeai_canon::{Generate, Input, Message, RawPrompt, Role};

use crate::desk::{chat, said, talk};

const TOWER: &str = "The Eiffel Tower was completed in 1889 for a world's fair.\n\nIt is 330 metres tall. \
The company of Gustave Eiffel designed the tower.\n\nThe Louvre is the most visited museum in the world.";

const TALL: &str = "It is 330 metres tall.";
const DESIGNED: &str = "The company of Gustave Eiffel designed the tower.";
const LOUVRE: &str = "The Louvre is the most visited museum in the world.";

/// A template, the context in the place of `{context}` and the question in that of `{question}`.
fn filled(template: &str, context: &str, question: &str) -> String {
    let text = template.replace("{context}", context);
    text.replace("{question}", question)
}

/// Templates as langchain, llama-index, Haystack, dspy and applications have them.
const TEMPLATES: [(&str, &str); 16] = [
    (
        "stuff",
        "Use the following pieces of context to answer the question at the end. If you don't know the answer, just say that you don't know, don't try to make up an answer.\n\n{context}\n\nQuestion: {question}\nHelpful Answer:",
    ),
    (
        "tutorial",
        "Use the following pieces of context to answer the question at the end.\nIf you don't know the answer, just say that you don't know, don't try to make up an answer.\nUse three sentences maximum and keep the answer as concise as possible.\nAlways say \"thanks for asking!\" at the end of the answer.\n\n{context}\n\nQuestion: {question}\n\nHelpful Answer:",
    ),
    (
        "hub",
        "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to answer the question. If you don't know the answer, just say that you don't know. Use three sentences maximum and keep the answer concise.\nQuestion: {question} \nContext: {context} \nAnswer:",
    ),
    (
        "sources",
        "Given the following extracted parts of a long document and a question, create a final answer with references (\"SOURCES\"). \nIf you don't know the answer, just say that you don't know. Don't try to make up an answer.\nALWAYS return a \"SOURCES\" part in your answer.\n\nQUESTION: Which state/country's law governs the interpretation of the contract?\n=========\nContent: This Agreement is governed by English law and the parties submit to the exclusive jurisdiction of the English courts in relation to any dispute.\nSource: 28-pl\n=========\nFINAL ANSWER: This Agreement is governed by English law.\nSOURCES: 28-pl\n\nQUESTION: {question}\n=========\n{context}\n=========\nFINAL ANSWER:",
    ),
    (
        "only",
        "Answer the question based only on the following context:\n{context}\n\nQuestion: {question}\n",
    ),
    (
        "text_qa",
        "Context information is below.\n---------------------\n{context}\n---------------------\nGiven the context information and not prior knowledge, answer the query.\nQuery: {question}\nAnswer: ",
    ),
    (
        "tree_summarize",
        "Context information from multiple sources is below.\n---------------------\n{context}\n---------------------\nGiven the information from multiple sources and not prior knowledge, answer the query.\nQuery: {question}\nAnswer: ",
    ),
    (
        "haystack",
        "Given the following information, answer the question.\n\nContext:\n\n    {context}\n\nQuestion: {question}\nAnswer:",
    ),
    (
        "haystack documents",
        "Given these documents, answer the question.\nDocuments:\n    {context}\n\nQuestion: {question}\nAnswer:",
    ),
    (
        "tags",
        "<context>\n{context}\n</context>\n\nAnswer the question using only what is inside of the <context> tags. <question>{question}</question>",
    ),
    (
        "document tags",
        "<documents>\n<document index=\"1\">\n<source>a.txt</source>\n<document_content>\n{context}\n</document_content>\n</document>\n</documents>\n\nAnswer from the documents alone: {question}",
    ),
    (
        "application",
        "CONTEXT:\n{context}\n\nQUERY:\n{question}\n\nINSTRUCTIONS:\nBased *only* on the provided CONTEXT, answer the QUERY.\nIf the context does not contain the answer, state that the context is insufficient.\n\nANSWER:\n",
    ),
    (
        "one line",
        "Use the context to answer. Context: {context} Question: {question} Answer:",
    ),
    (
        "cookbook",
        "Using the information contained in the context,\ngive a comprehensive answer to the question.\nIf the answer cannot be deduced from the context, do not give an answer.\n\nContext:\n{context}\n---\nNow here is the question you need to answer.\n\nQuestion: {question}",
    ),
    (
        "markdown",
        "## Task\nAnswer the question with the sources.\n\n### Sources\n```\n{context}\n```\n\n**Question:** {question}\n",
    ),
    (
        "quotes",
        "Answer from this article.\n\nArticle: \"\"\"\n{context}\n\"\"\"\n\nQuestion: {question}",
    ),
];

#[test]
fn the_sentence_that_fits_answers_in_every_template() {
    for (name, template) in TEMPLATES {
        for (question, expected) in [
            ("How tall is the Eiffel Tower?", TALL),
            ("Who designed the tower?", DESIGNED),
            ("Which museum is the most visited?", LOUVRE),
        ] {
            let answer = said(&chat(&filled(template, TOWER, question)));
            assert_eq!(answer, expected, "{name}: {question}");
        }
    }
}

#[test]
fn what_the_passages_lack_is_said_to_be_unknown() {
    for (name, template) in TEMPLATES {
        let question = "What is the boiling point of mercury?";
        let answer = said(&chat(&filled(template, TOWER, question)));
        assert!(answer.contains("I don't know"), "{name}: {answer}");
    }
    let own = "If the answer is not in the context, say \"Not in my notes.\" and nothing else.\n\nContext:\n{context}\n\nQuestion: {question}";
    let answer = said(&chat(&filled(own, TOWER, "Who painted the Mona Lisa?")));
    assert_eq!(answer, "Not in my notes.");
}

#[test]
fn numbered_passages_are_cited_by_their_numbers_where_that_is_asked_for() {
    let lists = [
        "[1] The Eiffel Tower was completed in 1889.\n[2] The tower is 330 metres tall.\n[3] The Louvre is a museum.",
        "Source 1:\nThe Eiffel Tower was completed in 1889.\n\nSource 2:\nThe tower is 330 metres tall.\n\nSource 3:\nThe Louvre is a museum.\n",
        "<document index=\"1\">\nThe Eiffel Tower was completed in 1889.\n</document>\n<document index=\"2\">\nThe tower is 330 metres tall.\n</document>",
        "Document [1](Title: Tower) The Eiffel Tower was completed in 1889.\nDocument [2](Title: Height) The tower is 330 metres tall.",
    ];
    for list in lists {
        let asked = format!(
            "Answer with the sources below and cite them as [1].\n------\n{list}\n------\nQuery: How tall is the tower?\nAnswer: "
        );
        let answer = said(&chat(&asked));
        assert!(
            answer.ends_with("is 330 metres tall [2]."),
            "{list}: {answer}"
        );
        let plain = asked.replace("and cite them as [1]", "alone");
        let answer = said(&chat(&plain));
        assert!(answer.ends_with("is 330 metres tall."), "{list}: {answer}");
    }
}

#[test]
fn instructions_may_hold_the_passages_and_the_user_the_question() {
    let systems = [
        "You are a helpful assistant. Use the context information below to assist the user.\n--------------------\n{context}\n--------------------\n",
        "Answer from the context. If you don't know, say so.\n\nContext:\n{context}",
        "<context>{context}</context>\nAnswer only from the context.",
        "Use the following pieces of context to answer the user's question. \nIf you don't know the answer, just say that you don't know, don't try to make up an answer.\n----------------\n{context}",
    ];
    for system in systems {
        let ask = |question: &str| {
            let system = filled(system, TOWER, "");
            said(&talk(vec![
                Message::text(Role::System, &system),
                Message::text(Role::User, "Hello"),
                Message::text(Role::Assistant, "Hi"),
                Message::text(Role::User, question),
            ]))
        };
        assert_eq!(ask("Who designed the tower?"), DESIGNED, "{system}");
        assert!(!ask("Thanks!").contains("tower"), "{system}");
    }
}

#[test]
fn an_answer_is_refined_by_what_is_better_and_else_repeated() {
    let ask = |context: &str, answer: &str| {
        said(&chat(&format!(
            "You are an expert Q&A system that strictly operates in two modes when refining existing answers:\n1. **Rewrite** an original answer using the new context.\n2. **Repeat** the original answer if the new context isn't useful.\nNever reference the original answer or context directly in your answer.\nWhen in doubt, just repeat the original answer.\nNew Context: {context}\nQuery: How tall is the tower?\nOriginal Answer: {answer}\nNew Answer: "
        )))
    };
    let tall = "The tower is 330 metres tall.";
    assert_eq!(ask(LOUVRE, tall), tall);
    assert_eq!(ask(tall, "I don't know."), tall);
    assert_eq!(ask(LOUVRE, "I don't know."), "I don't know.");
}

#[test]
fn passages_may_be_a_list_of_texts() {
    let asked = format!(
        "[[ ## context ## ]]\n{}\n\n[[ ## question ## ]]\nWho designed the tower?\n\nRespond with the corresponding output fields, starting with the field `[[ ## answer ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`.",
        serde_json::json!([TALL, DESIGNED, LOUVRE])
    );
    let answer = said(&chat(&asked));
    assert!(answer.contains(&format!("]]\n{DESIGNED}\n")), "{answer}");
}

#[test]
fn passages_answer_in_other_languages() {
    let table = [
        (
            "Beantworte die Frage nur mit dem folgenden Kontext. Wenn du es nicht weißt, sage es.\n\nKontext:\nDie Elbe fließt durch Dresden. Der Rhein ist 1233 Kilometer lang.\n\nFrage: Wie lang ist der Rhein?\nAntwort:",
            "Der Rhein ist 1233 Kilometer lang.",
        ),
        (
            "Réponds à la question en utilisant uniquement le contexte suivant.\n\nContexte : La Loire traverse Orléans. Le Rhône se jette dans la Méditerranée.\n\nQuestion : Où se jette le Rhône ?\nRéponse :",
            "Le Rhône se jette dans la Méditerranée.",
        ),
        (
            "Responde la pregunta solo con el contexto.\n\nContexto:\nEl Prado está en Madrid. El río Ebro nace en Cantabria.\n\nPregunta: ¿Dónde nace el río Ebro?\nRespuesta:",
            "El río Ebro nace en Cantabria.",
        ),
        (
            "请仅根据以下上下文回答问题。\n\n上下文：\n长江全长6300公里。黄河流经九个省区。\n\n问题：长江全长多少公里？\n回答：",
            "长江全长6300公里。",
        ),
        (
            "次のコンテキストだけを使って質問に答えてください。\n\nコンテキスト：\n富士山の高さは3776メートルです。琵琶湖は滋賀県にあります。\n\n質問：琵琶湖は何県にありますか？\n回答：",
            "琵琶湖は滋賀県にあります。",
        ),
        (
            "Answer the question based only on the following context:\nDie Elbe fließt durch Dresden. Der Hund schläft im Garten.\n\nQuestion: Where does the dog sleep?\n",
            "Der Hund schläft im Garten.",
        ),
    ];
    for (asked, expected) in table {
        assert_eq!(said(&chat(asked)), expected, "{asked}");
    }
    let lost = "Kontext:\nDie Elbe fließt durch Dresden und mündet in die Nordsee.\n\nFrage: Wer malte die Mona Lisa?";
    assert!(said(&chat(lost)).starts_with("Das weiß ich nicht."));
}

#[test]
fn a_plain_prompt_is_continued_with_the_answer() {
    let prompt = filled(TEMPLATES[0].1, TOWER, "Who designed the tower?");
    let work = Generate {
        input: Input::Raw(vec![RawPrompt::Text(prompt)]),
        model: "gpt-3.5-turbo-instruct".into(),
        ..chat("")
    };
    assert_eq!(said(&work), format!(" {DESIGNED}"));
}

#[test]
fn other_prompts_are_left_alone() {
    for asked in [
        "Here is some context: I am new to Rust and like to read documents. How do lifetimes work?",
        "Write a function that loads documents from a context and returns the sources.\n\n```python\ndef load(context):\n    return context.documents\n```",
    ] {
        let answer = said(&chat(asked));
        assert!(answer.len() > 100, "{asked}: {answer}");
    }
}
