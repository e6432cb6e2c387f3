//! The organisation's collections, from create to delete.

use fakeai_canon::{ApiError, Caller, ErrorKind, KeyKind, Micros, Owner};
use fakeai_resources::{Identity, Objects, anyone, identify};
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids};

const OWNER: &str = "user-DefaultOwner000000000000";
const DEFAULT: &str = "proj_DefaultProject0000000000";

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

fn project(world: &mut World, name: &str) -> String {
    let made = world
        .post("/organization/projects", json!({"name": name}))
        .unwrap();
    id(&made).to_owned()
}

fn message(result: Result<Value, ApiError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error}");
    error.message
}

#[test]
fn a_world_begins_with_an_owner_and_a_default_project() {
    let mut world = World::realistic();
    let users = world.get("/organization/users", json!({})).unwrap();
    assert_eq!(ids(&users), [OWNER]);
    assert_eq!(users["data"][0]["role"], "owner");
    let projects = world.get("/organization/projects", json!({})).unwrap();
    assert_eq!(ids(&projects), [DEFAULT]);
    let members = world
        .get(
            &format!("/organization/projects/{DEFAULT}/users"),
            json!({}),
        )
        .unwrap();
    assert_eq!(ids(&members), [OWNER]);
    let path = format!("/organization/users/{OWNER}");
    assert!(message(world.delete(&path)).contains("last owner"));
    assert!(message(world.post(&path, json!({"role": "reader"}))).contains("last owner"));
}

#[test]
fn projects_are_made_paged_changed_and_archived() {
    let mut world = World::realistic();
    let made: Vec<String> = (0..5)
        .map(|number| project(&mut world, &format!("p{number}")))
        .collect();
    let page = world
        .get(
            "/organization/projects",
            json!({"limit": 3, "after": DEFAULT}),
        )
        .unwrap();
    assert_eq!(ids(&page), made[..3]);
    assert_eq!(
        (&page["has_more"], &page["last_id"]),
        (&json!(true), &json!(made[2]))
    );

    let path = format!("/organization/projects/{}", made[1]);
    assert_eq!(
        world.post(&path, json!({"name": "renamed"})).unwrap()["name"],
        "renamed"
    );
    let gone = world.post(&format!("{path}/archive"), Value::Null).unwrap();
    assert_eq!(
        (&gone["status"], &gone["archived_at"]),
        (&json!("archived"), &json!(1_700_000_000))
    );
    let words = format!(
        "Project '{}' is archived. You can only update an active project.",
        made[1]
    );
    assert_eq!(message(world.post(&path, json!({"name": "x"}))), words);
    assert_eq!(
        message(world.post(&format!("{path}/archive"), Value::Null)),
        words
    );
    let account = format!("{path}/service_accounts");
    assert_eq!(message(world.post(&account, json!({"name": "x"}))), words);

    let page = world
        .get(
            "/organization/projects",
            json!({"limit": 2, "after": DEFAULT}),
        )
        .unwrap();
    assert_eq!(ids(&page), [&made[0], &made[2]]);
    let all = json!({"include_archived": true});
    let all = world.get("/organization/projects", all).unwrap();
    assert_eq!(ids(&all).len(), 6);

    let default = format!("/organization/projects/{DEFAULT}");
    let words = "The default project cannot be modified or archived.";
    assert_eq!(
        message(world.post(&format!("{default}/archive"), Value::Null)),
        words
    );
    assert_eq!(message(world.post(&default, json!({"name": "x"}))), words);
    assert_missing(
        world.get("/organization/projects/proj_no", json!({})),
        "Project with id 'proj_no' not found.",
    );
}

#[test]
fn a_region_by_its_older_name_becomes_a_residency() {
    let mut world = World::realistic();
    let projects = "/organization/projects";
    let made = json!({"name": "p", "geography": "EU"});
    let made = world.post(projects, made).unwrap();
    assert_eq!(made["residency"], "EU_STORAGE_PROCESSING");
    let path = format!("{projects}/{}", id(&made));
    let moved = world.post(&path, json!({"geography": "JP"})).unwrap();
    assert_eq!(moved["residency"], "JP_STORAGE");
    let same = world.post(&path, json!({"geography": "Atlantis"})).unwrap();
    assert_eq!(same["residency"], "JP_STORAGE");
    assert_eq!(
        world.get(&path, json!({})).unwrap()["residency"],
        "JP_STORAGE"
    );
    let both = json!({"name": "q", "geography": "EU", "residency": "GLOBAL"});
    assert_eq!(world.post(projects, both).unwrap()["residency"], "GLOBAL");
}

#[test]
fn a_service_account_has_keys_that_are_worth_something_until_they_go() {
    let mut world = World::realistic();
    let project = project(&mut world, "p");
    let accounts = format!("/organization/projects/{project}/service_accounts");
    let made = world.post(&accounts, json!({"name": "bot"})).unwrap();
    let value = made["api_key"]["value"].as_str().unwrap().to_owned();
    assert!(value.starts_with("sk-svcacct-"));
    let account = id(&made).to_owned();
    let path = format!("{accounts}/{account}");
    assert_eq!(world.get(&path, json!({})).unwrap().get("api_key"), None);

    let Identity::Known(caller, None) = identify(Objects::everyones(&world.store), &value) else {
        panic!("the key is unknown");
    };
    assert_eq!(caller.project, project);
    assert_eq!(caller.owner, Owner::ServiceAccount(account.clone()));
    assert_eq!(caller.key.unwrap().kind, KeyKind::Project);

    let second = world
        .post(&format!("{path}/api_keys"), json!({"name": "second"}))
        .unwrap();
    let keys = format!("/organization/projects/{project}/api_keys");
    let listed = world.get(&keys, json!({})).unwrap();
    assert_eq!(ids(&listed), [id(&made["api_key"]), id(&second)]);
    let first = &listed["data"][0];
    assert!(
        !first.to_string().contains(&value),
        "the value is told twice"
    );
    let redacted = first["redacted_value"].as_str().unwrap();
    assert!(redacted.starts_with("sk-svca") && redacted.ends_with(&value[value.len() - 3..]));
    assert_eq!(first["owner"]["service_account"]["id"], json!(account));

    let words = message(world.delete(&format!("{keys}/{}", id(&second))));
    assert!(words.contains("service account"), "{words}");
    world.delete(&path).unwrap();
    assert_eq!(
        identify(Objects::everyones(&world.store), &value),
        Identity::Gone
    );
    assert_eq!(ids(&world.get(&keys, json!({})).unwrap()), [""; 0]);
    assert_eq!(
        identify(Objects::everyones(&world.store), "sk-other"),
        Identity::Unknown
    );
}

#[test]
fn the_keys_of_an_archived_project_are_known_as_such() {
    let mut world = World::realistic();
    let project = project(&mut world, "p");
    let accounts = format!("/organization/projects/{project}/service_accounts");
    let made = world.post(&accounts, json!({"name": "bot"})).unwrap();
    let value = made["api_key"]["value"].as_str().unwrap();
    let path = format!("/organization/projects/{project}/archive");
    world.post(&path, Value::Null).unwrap();
    assert_eq!(
        identify(Objects::everyones(&world.store), value),
        Identity::Archived
    );
    let alone = json!({"name": "bot", "create_service_account_only": true});
    let accounts = format!("/organization/projects/{DEFAULT}/service_accounts");
    assert_eq!(
        world.post(&accounts, alone).unwrap()["api_key"],
        Value::Null
    );
}

#[test]
fn admin_keys_are_told_once_and_expire() {
    let mut world = World::realistic();
    let body = json!({"name": "ops", "expires_in_seconds": 60});
    let made = world.post("/organization/admin_api_keys", body).unwrap();
    let value = made["value"].as_str().unwrap();
    assert!(value.starts_with("sk-admin-"));
    assert_eq!(made["expires_at"], 1_700_000_060);
    assert_eq!(made["owner"]["id"], OWNER);
    let path = format!("/organization/admin_api_keys/{}", id(&made));
    let shown = world.get(&path, json!({})).unwrap();
    assert_eq!(shown.get("value"), None);
    assert!(matches!(
        identify(Objects::everyones(&world.store), value),
        Identity::Known(_, Some(_))
    ));
    world.settle(1_700_000_061);
    assert!(world.get(&path, json!({})).is_err());
    assert_eq!(
        identify(Objects::everyones(&world.store), value),
        Identity::Gone
    );
}

#[test]
fn invites_are_sent_once_and_expire_after_a_week() {
    let mut world = World::realistic();
    let body = json!({"email": "a@example.com", "role": "reader",
        "projects": [{"id": DEFAULT, "role": "member"}]});
    let made = world.post("/organization/invites", body.clone()).unwrap();
    assert_eq!(made["status"], "pending");
    assert_eq!(made["expires_at"], 1_700_000_000 + 7 * 86_400);
    assert!(message(world.post("/organization/invites", body.clone())).contains("pending"));
    let member = json!({"email": "owner@example.com", "role": "reader"});
    assert!(message(world.post("/organization/invites", member)).contains("member"));
    let nowhere = json!({"email": "b@example.com", "role": "reader",
        "projects": [{"id": "proj_no", "role": "member"}]});
    assert!(message(world.post("/organization/invites", nowhere)).contains("proj_no"));
    let nobody = json!({"email": "nobody", "role": "reader"});
    assert!(message(world.post("/organization/invites", nobody)).contains("email"));

    world.settle(1_700_000_000 + 8 * 86_400);
    let path = format!("/organization/invites/{}", id(&made));
    assert_eq!(world.get(&path, json!({})).unwrap()["status"], "expired");
    world.post("/organization/invites", body).unwrap();
    let gone = world.delete(&path).unwrap();
    assert_eq!(gone["object"], "organization.invite.deleted");
    assert!(world.get(&path, json!({})).is_err());
}

#[test]
fn project_users_are_users_of_the_organization() {
    let mut world = World::realistic();
    let project = project(&mut world, "p");
    let users = format!("/organization/projects/{project}/users");
    // Who makes a project is its owner.
    assert_eq!(ids(&world.get(&users, json!({})).unwrap()), [OWNER]);
    let again = json!({"user_id": OWNER, "role": "member"});
    assert!(message(world.post(&users, again)).contains("already a member"));
    let path = format!("{users}/{OWNER}");
    assert_eq!(
        world.post(&path, json!({"role": "member"})).unwrap()["role"],
        "member"
    );
    assert!(message(world.post(&path, json!({"role": "king"}))).contains("king"));
    world.delete(&path).unwrap();
    let made = json!({"email": "owner@example.com", "role": "owner"});
    assert_eq!(world.post(&users, made).unwrap()["id"], OWNER);
    let stranger = json!({"user_id": "user-no", "role": "owner"});
    assert!(message(world.post(&users, stranger)).contains("user-no"));
    assert!(message(world.post(&users, json!({"role": "owner"}))).contains("user_id"));
}

#[test]
fn groups_have_users_projects_and_roles() {
    let mut world = World::realistic();
    let mut made = Vec::new();
    for name in ["one", "two", "three"] {
        let group = world
            .post("/organization/groups", json!({"name": name}))
            .unwrap();
        made.push(id(&group).to_owned());
    }
    let page = world
        .get("/organization/groups", json!({"limit": 2}))
        .unwrap();
    assert_eq!(
        (ids(&page), &page["next"]),
        (vec![&*made[0], &*made[1]], &json!(made[1]))
    );
    let rest = json!({"limit": 2, "after": page["next"]});
    let rest = world.get("/organization/groups", rest).unwrap();
    assert_eq!((ids(&rest), &rest["next"]), (vec![&*made[2]], &Value::Null));

    let group = format!("/organization/groups/{}", made[0]);
    world.post(&group, json!({"name": "renamed"})).unwrap();
    let users = format!("{group}/users");
    world.post(&users, json!({"user_id": OWNER})).unwrap();
    assert_eq!(ids(&world.get(&users, json!({})).unwrap()), [OWNER]);
    let member = world.get(&format!("{users}/{OWNER}"), json!({})).unwrap();
    assert_eq!(member["user_type"], "user");

    let project = project(&mut world, "p");
    let access = format!("/organization/projects/{project}/groups");
    let added = json!({"group_id": made[0], "role": "role-api-project-member"});
    let added = world.post(&access, added).unwrap();
    assert_eq!(added["group_name"], "renamed");
    let roles = format!("/projects/{project}/groups/{}/roles", made[0]);
    let role = world.get(&roles, json!({})).unwrap();
    assert_eq!(ids(&role), ["role-api-project-member"]);

    world.delete(&format!("{users}/{OWNER}")).unwrap();
    assert_eq!(ids(&world.get(&users, json!({})).unwrap()), [""; 0]);
    world.delete(&group).unwrap();
    assert_eq!(world.get(&access, json!({})).unwrap()["data"], json!([]));
    assert_missing(
        world.get(&users, json!({})),
        &format!("Group with id '{}' not found.", made[0]),
    );
}

#[test]
fn roles_are_defined_assigned_and_taken_away() {
    let mut world = World::realistic();
    let body = json!({"role_name": "Reader of keys", "permissions": ["api.groups.read"]});
    let role = world.post("/organization/roles", body.clone()).unwrap();
    assert!(message(world.post("/organization/roles", body)).contains("already exists"));
    let wrong = json!({"role_name": "x", "permissions": ["everything"]});
    assert!(message(world.post("/organization/roles", wrong)).contains("everything"));
    let owner = "/organization/roles/role-api-organization-owner";
    assert!(message(world.delete(owner)).contains("predefined"));
    let path = format!("/organization/roles/{}", id(&role));
    let body = json!({"permissions": ["api.groups.write"], "description": "writes"});
    assert_eq!(world.post(&path, body).unwrap()["description"], "writes");

    let roles = format!("/organization/users/{OWNER}/roles");
    let assigned = world.post(&roles, json!({"role_id": id(&role)})).unwrap();
    assert_eq!(assigned["object"], "user.role");
    let listed = world.get(&roles, json!({})).unwrap();
    assert_eq!(ids(&listed), [id(&role)]);
    assert_eq!(
        listed["data"][0]["permissions"],
        json!(["api.groups.write"])
    );
    assert_eq!(listed["data"][0]["created_by"], OWNER);
    let one = format!("{roles}/{}", id(&role));
    assert_eq!(world.get(&one, json!({})).unwrap()["id"], role["id"]);
    assert_eq!(world.delete(&one).unwrap()["object"], "user.role.deleted");
    assert!(world.get(&one, json!({})).is_err());

    // A project's roles are assigned in it, and go with whoever had them.
    let project = project(&mut world, "p");
    let body = json!({"role_name": "Of the project", "permissions": ["api.files.read"]});
    let role = world
        .post(&format!("/projects/{project}/roles"), body)
        .unwrap();
    assert_eq!(role["resource_type"], "api.project");
    assert!(world.post(&roles, json!({"role_id": id(&role)})).is_err());
    let in_project = format!("/projects/{project}/users/{OWNER}/roles");
    world
        .post(&in_project, json!({"role_id": id(&role)}))
        .unwrap();
    assert_eq!(
        ids(&world.get(&in_project, json!({})).unwrap()),
        [id(&role)]
    );
    world
        .delete(&format!("/projects/{project}/roles/{}", id(&role)))
        .unwrap();
    assert_eq!(ids(&world.get(&in_project, json!({})).unwrap()), [""; 0]);
}

#[test]
fn certificates_are_read_switched_and_deleted() {
    let mut world = World::realistic();
    let pem = include_str!("certificate.pem");
    let made = json!({"name": "mine", "certificate": pem});
    let made = world.post("/organization/certificates", made).unwrap();
    assert_eq!(
        made["certificate_details"],
        json!({"valid_at": 1_582_945_445, "expires_at": 2_840_140_800_u64})
    );
    let again = json!({"certificate": pem});
    assert!(message(world.post("/organization/certificates", again)).contains("already"));
    let old = json!({"certificate": include_str!("expired_certificate.pem")});
    assert!(message(world.post("/organization/certificates", old)).contains("expired"));
    let half = &pem[..pem.len() / 2];
    for broken in [
        "",
        "no",
        half,
        "-----BEGIN CERTIFICATE-----MIIB-----END CERTIFICATE-----",
    ] {
        let broken = json!({"certificate": broken});
        assert!(message(world.post("/organization/certificates", broken)).contains("PEM"));
    }
    let path = format!("/organization/certificates/{}", id(&made));
    let whole = world.get(&path, json!({"include": ["content"]})).unwrap();
    assert_eq!(whole["certificate_details"]["content"], json!(pem));

    let which = json!({"certificate_ids": [id(&made)]});
    let on = world
        .post("/organization/certificates/activate", which.clone())
        .unwrap();
    assert_eq!(on["data"][0]["active"], true);
    let of_project = format!("/organization/projects/{DEFAULT}/certificates");
    let listed = world.get(&of_project, json!({})).unwrap();
    assert_eq!(listed["data"][0]["active"], false);
    assert!(message(world.delete(&path)).contains("active"));
    world
        .post("/organization/certificates/deactivate", which.clone())
        .unwrap();
    world
        .post(&format!("{of_project}/activate"), which.clone())
        .unwrap();
    assert!(message(world.delete(&path)).contains("active"));
    world
        .post(&format!("{of_project}/deactivate"), which)
        .unwrap();
    world.post(&path, json!({"name": "other"})).unwrap();
    assert_eq!(
        world.delete(&path).unwrap()["object"],
        "certificate.deleted"
    );
    assert!(world.get(&path, json!({})).is_err());
}

#[test]
fn rate_limits_are_rows_of_the_catalogue_that_a_project_may_lower() {
    let mut world = World::realistic();
    let path = format!("/organization/projects/{DEFAULT}/rate_limits");
    let first = world.get(&path, json!({"limit": 5})).unwrap();
    assert_eq!(ids(&first).len(), 5);
    let next = json!({"limit": 5, "after": first["last_id"]});
    let next = world.get(&path, next).unwrap();
    assert!(!ids(&next).contains(&ids(&first)[4]));
    let one = format!("{path}/rl-gpt-4o");
    let less = world
        .post(&one, json!({"max_requests_per_1_minute": 7}))
        .unwrap();
    assert_eq!(
        (&less["max_requests_per_1_minute"], &less["model"]),
        (&json!(7), &json!("gpt-4o"))
    );
    let all = world.get(&path, json!({"limit": 100})).unwrap();
    let mut rows = all["data"].as_array().unwrap().iter();
    assert_eq!(rows.find(|row| row["id"] == "rl-gpt-4o"), Some(&less));
    let more = json!({"max_requests_per_1_minute": 1_000_000});
    assert!(message(world.post(&one, more)).contains("500"));
    assert!(world.post(&format!("{path}/rl-no"), json!({})).is_err());
}

#[test]
fn settings_begin_as_the_providers_and_stay_as_they_are_set() {
    let mut world = World::realistic();
    let of_project = format!("/organization/projects/{DEFAULT}");
    let retention = format!("{of_project}/data_retention");
    assert_eq!(
        world.get(&retention, json!({})).unwrap()["type"],
        "organization_default"
    );
    world
        .post(&retention, json!({"retention_type": "zero_data_retention"}))
        .unwrap();
    assert_eq!(
        world.get(&retention, json!({})).unwrap()["type"],
        "zero_data_retention"
    );

    let tools = format!("{of_project}/hosted_tool_permissions");
    world
        .post(&tools, json!({"mcp": {"enabled": false, "unheard": 1}}))
        .unwrap();
    let tools = world.get(&tools, json!({})).unwrap();
    assert_eq!(tools["mcp"], json!({"enabled": false}), "no more is told");
    assert_eq!(
        (&tools["mcp"]["enabled"], &tools["web_search"]["enabled"]),
        (&json!(false), &json!(true))
    );

    let limit = "/organization/spend_limit";
    assert_missing(world.get(limit, json!({})), "No spend limit is set.");
    let body = json!({"threshold_amount": 1_000, "currency": "USD", "interval": "month"});
    assert_eq!(
        world.post(limit, body).unwrap()["enforcement"]["status"],
        "inactive"
    );
    world.spent = 10.0;
    assert_eq!(
        world.get(limit, json!({})).unwrap()["enforcement"]["status"],
        "enforcing"
    );
    world.delete(limit).unwrap();
    assert!(world.get(limit, json!({})).is_err());

    let body = json!({"threshold_amount": 5, "currency": "USD", "interval": "month",
        "notification_channel": {"type": "email", "recipients": ["a@example.com"], "unheard": 1}});
    let alert = world
        .post(&format!("{of_project}/spend_alerts"), body.clone())
        .unwrap();
    assert!(alert["notification_channel"].get("unheard").is_none());
    let path = format!("{of_project}/spend_alerts/{}", id(&alert));
    assert_eq!(world.get(&path, json!({})).unwrap(), alert);
    let mut none = body;
    none["notification_channel"]["recipients"] = json!([]);
    assert!(message(world.post(&path, none)).contains("recipient"));
    world.delete(&path).unwrap();
}

#[test]
fn what_is_done_is_in_the_audit_logs_with_who_did_it() {
    let mut world = World::realistic();
    let project = project(&mut world, "Audited");
    world.now = Micros::from_seconds(1_700_000_100.0);
    world.caller = Caller {
        key: Some(fakeai_canon::CallerKey {
            id: "key_abc".to_owned(),
            kind: KeyKind::Admin,
        }),
        ..anyone()
    };
    let path = format!("/organization/projects/{project}");
    let account = world
        .post(&format!("{path}/service_accounts"), json!({"name": "bot"}))
        .unwrap();
    let body = json!({"role_name": "r", "permissions": ["api.a.read", "api.b.read"]});
    let role = world.post("/organization/roles", body).unwrap();
    let changed = json!({"permissions": ["api.b.read", "api.c.read"]});
    let role_path = format!("/organization/roles/{}", id(&role));
    world.post(&role_path, changed).unwrap();
    world.post(&format!("{path}/archive"), Value::Null).unwrap();
    // What is refused leaves no log.
    world
        .post(&format!("{path}/archive"), Value::Null)
        .unwrap_err();

    let mut logs = |query: Value| world.get("/organization/audit_logs", query).unwrap();
    let types = |page: &Value| {
        let logs = page["data"].as_array().unwrap().iter();
        logs.map(|log| log["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = logs(json!({}));
    let expected = [
        "project.archived",
        "role.updated",
        "role.created",
        "api_key.created",
        "service_account.created",
        "project.created",
    ];
    assert_eq!(types(&all), expected);
    let archived = &all["data"][0];
    assert_eq!(
        archived["project"],
        json!({"id": project, "name": "Audited"})
    );
    assert_eq!(archived["project.archived"], json!({"id": project}));
    assert_eq!(
        archived["actor"]["api_key"],
        json!({"id": "key_abc", "type": "user",
            "user": {"id": OWNER, "email": "owner@example.com"}})
    );
    let changes = &all["data"][1]["role.updated"]["changes_requested"];
    assert_eq!(
        changes,
        &json!({"permissions_added": ["api.c.read"], "permissions_removed": ["api.a.read"]})
    );
    assert_eq!(all["data"][5]["actor"]["session"]["user"]["id"], OWNER);
    assert_eq!(
        all["data"][4]["service_account.created"]["data"]["role"],
        "member"
    );

    let first = logs(json!({"limit": 2}));
    let second = logs(json!({"limit": 2, "after": first["last_id"]}));
    assert_eq!(types(&second), expected[2..4]);
    let before = logs(json!({"limit": 2, "before": second["first_id"]}));
    assert_eq!(ids(&before), ids(&first));

    assert_eq!(
        types(&logs(json!({"event_types": ["role.created"]}))),
        ["role.created"]
    );
    assert_eq!(
        types(&logs(json!({"effective_at": {"lt": 1_700_000_100}}))),
        ["project.created"]
    );
    assert_eq!(
        types(&logs(json!({"effective_at": {"gt": 1_700_000_000}}))).len(),
        5
    );
    assert_eq!(types(&logs(json!({"actor_ids": ["key_abc"]}))).len(), 5);
    assert_eq!(
        types(&logs(json!({"actor_emails": ["owner@example.com"]}))).len(),
        6
    );
    assert_eq!(types(&logs(json!({"project_ids": [DEFAULT]}))), [""; 0]);
    assert_eq!(types(&logs(json!({"project_ids": [project]}))).len(), 4);
    let account = json!({"resource_ids": [id(&account)]});
    assert_eq!(types(&logs(account)), ["service_account.created"]);
}
