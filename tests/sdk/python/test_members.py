"""Who belongs to an organisation and what they may do, from create to delete: users, groups, roles at
every place, service accounts, keys, models that a project may use."""

import openai
import pytest

from test_organization import KEY, admin, ask  # noqa: F401  (a fixture)
from test_families import gone, ids


@pytest.fixture
def organization(admin):  # noqa: F811
    return admin.admin.organization


@pytest.fixture
def project(organization):
    return organization.projects.create(name="p")


@pytest.fixture
def owner(organization):
    return organization.users.list().data[0]


def test_roles_from_create_to_delete(organization):
    roles = organization.roles
    predefined = ids(roles.list(limit=100))
    made = [roles.create(role_name=f"Keeper {number}", permissions=["api.groups.read"]) for number in range(3)]
    listed = ids(roles.list(limit=2))
    assert len(listed) == len(predefined) + 3 and set(ids(made)) < set(listed)
    assert roles.retrieve(made[0].id) == made[0]
    changed = roles.update(made[0].id, role_name="Reader", permissions=["api.groups.read", "api.model.read"])
    assert (changed.name, len(changed.permissions)) == ("Reader", 2)
    assert roles.delete(made[0].id).deleted
    gone(roles.retrieve, made[0].id)
    gone(roles.update, made[0].id, role_name="Nobody")


@pytest.mark.parametrize("place", ["user", "group", "project-user", "project-group"])
def test_a_role_is_given_and_taken_back_everywhere(organization, project, owner, place):
    if place.startswith("project"):
        role = organization.projects.roles.create(project.id, role_name="Helper", permissions=["api.model.read"])
        where, within = organization.projects, {"project_id": project.id}
    else:
        role = organization.roles.create(role_name="Helper", permissions=["api.groups.read"])
        where, within = organization, {}
    if place.endswith("user"):
        of, within["user_id"] = where.users.roles, owner.id
    else:
        group = organization.groups.create(name="team")
        if place.startswith("project"):
            organization.projects.groups.create(project.id, group_id=group.id, role=role.id)
        of, within["group_id"] = where.groups.roles, group.id
    holder = within.pop("user_id", None) or within.pop("group_id")
    holds = {"user_id" if place.endswith("user") else "group_id": holder, **within}
    if place != "project-group":
        assert role.id not in ids(of.list(holder, **within))
        of.create(holder, role_id=role.id, **within)
    assert of.retrieve(role.id, **holds).id == role.id
    assert role.id in ids(of.list(holder, limit=1, **within))
    assert of.delete(role.id, **holds).deleted
    assert role.id not in ids(of.list(holder, **within))
    gone(of.retrieve, role.id, **holds)
    gone(of.delete, role.id, **holds)


def test_groups_and_their_users(organization, owner):
    groups = organization.groups
    made = [groups.create(name=f"g{number}") for number in range(3)]
    page = groups.list(limit=2)
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert groups.retrieve(made[0].id).name == "g0"
    members = groups.users
    gone(members.create, made[0].id, user_id="user-none")
    members.create(made[0].id, user_id=owner.id)
    assert members.retrieve(owner.id, group_id=made[0].id).id == owner.id
    assert ids(members.list(made[0].id)) == [owner.id]
    assert members.delete(owner.id, group_id=made[0].id).deleted
    gone(members.retrieve, owner.id, group_id=made[0].id)
    assert groups.delete(made[0].id).deleted
    gone(groups.retrieve, made[0].id)
    gone(members.list, made[0].id)


def test_users_of_the_organisation_and_of_a_project(organization, project, owner):
    assert organization.users.update(owner.id, developer_persona="tester").developer_persona == "tester"
    assert organization.users.list(emails=["nobody@example.com"]).data == []
    with pytest.raises(openai.BadRequestError, match="last owner"):
        organization.users.delete(owner.id)
    members = organization.projects.users
    with pytest.raises(openai.BadRequestError, match="already a member"):
        members.create(project.id, user_id=owner.id, role="member")
    with pytest.raises(openai.BadRequestError, match="not a member of the organization"):
        members.create(project.id, user_id="user-none", role="member")
    assert members.delete(owner.id, project_id=project.id).deleted
    gone(members.retrieve, owner.id, project_id=project.id)
    again = members.create(project.id, user_id=owner.id, role="member")
    assert (again.role, ids(members.list(project.id))) == ("member", [owner.id])
    assert members.update(owner.id, project_id=project.id, role="owner").role == "owner"


def test_a_service_account_answers_until_it_is_deleted(admin, organization, project):  # noqa: F811
    accounts, keys = organization.projects.service_accounts, organization.projects.api_keys
    made = [accounts.create(project.id, name=f"bot {number}") for number in range(3)]
    page = accounts.list(project.id, limit=2)
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert accounts.retrieve(made[0].id, project_id=project.id).name == "bot 0"
    renamed = accounts.update(made[0].id, project_id=project.id, name="robot", role="owner")
    assert (renamed.name, renamed.role) == ("robot", "owner")
    assert ids(keys.list(project.id, limit=1)) == [account.api_key.id for account in made]
    bot = admin.with_options(api_key=made[0].api_key.value)
    assert bot.responses.create(model="gpt-4o", input="Hi.").output_text
    assert keys.retrieve(made[0].api_key.id, project_id=project.id).last_used_at
    with pytest.raises(openai.BadRequestError, match="Delete the service account instead"):
        keys.delete(made[0].api_key.id, project_id=project.id)
    assert accounts.delete(made[0].id, project_id=project.id).deleted
    gone(accounts.retrieve, made[0].id, project_id=project.id)
    gone(keys.retrieve, made[0].api_key.id, project_id=project.id)
    with pytest.raises(openai.AuthenticationError) as caught:
        bot.responses.create(model="gpt-4o", input="Hi.")
    assert (caught.value.status_code, caught.value.code) == (401, "invalid_api_key")
    other = admin.with_options(api_key=made[1].api_key.value)
    assert other.models.list().data


def test_a_deleted_admin_key_opens_nothing(admin, organization):  # noqa: F811
    keys = organization.admin_api_keys
    made = [keys.create(name=f"key {number}") for number in range(2)]
    assert {key.id for key in made} < {key.id for key in keys.list(limit=1)}
    second = admin.with_options(admin_api_key=made[0].value)
    assert second.admin.organization.users.list().data
    assert keys.delete(made[0].id).deleted
    with pytest.raises(openai.AuthenticationError) as caught:
        second.admin.organization.users.list()
    assert caught.value.status_code == 401
    gone(keys.retrieve, made[0].id)


def test_a_project_uses_the_models_it_may(admin, organization, project):  # noqa: F811
    models = organization.projects.model_permissions
    account = organization.projects.service_accounts.create(project.id, name="bot")
    bot = admin.with_options(api_key=account.api_key.value)
    denied = models.update(project.id, mode="deny_list", model_ids=["gpt-4o"])
    assert models.retrieve(project.id) == denied
    with pytest.raises(openai.PermissionDeniedError) as caught:
        bot.chat.completions.create(model="gpt-4o", messages=ask())
    assert caught.value.code == "model_not_found"
    assert caught.value.body["message"] == f"Project `{project.id}` does not have access to model `gpt-4o`"
    assert bot.chat.completions.create(model="gpt-4o-mini", messages=ask()).choices
    models.update(project.id, mode="allow_list", model_ids=["gpt-4o"])
    with pytest.raises(openai.PermissionDeniedError):
        bot.embeddings.create(model="text-embedding-3-small", input="x")
    assert models.delete(project.id).deleted
    assert bot.embeddings.create(model="text-embedding-3-small", input="x").data
    assert bot.chat.completions.create(model="gpt-4o", messages=ask()).choices

    tools = organization.projects.hosted_tool_permissions
    search = {"model": "gpt-4o", "input": "What is new?", "tools": [{"type": "web_search"}]}
    tools.update(project.id, web_search={"enabled": False})
    with pytest.raises(openai.PermissionDeniedError, match="web_search"):
        bot.responses.create(**search)
    assert admin.responses.create(**search).output_text
    tools.update(project.id, web_search={"enabled": True})
    assert bot.responses.create(**search).output_text


def test_invites_from_create_to_delete(organization, project):
    invites = organization.invites
    made = [invites.create(email=f"guest{number}@example.com", role="reader") for number in range(3)]
    page = invites.list(limit=2)
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert ids(invites.list(limit=2)) == ids(made)
    assert ids(invites.list(limit=2, after=made[1].id).data) == [made[2].id]
    assert invites.retrieve(made[0].id) == made[0]
    with pytest.raises(openai.BadRequestError, match="already pending"):
        invites.create(email="guest0@example.com", role="reader")
    with pytest.raises(openai.BadRequestError, match="proj_none"):
        invites.create(email="other@example.com", role="reader", projects=[{"id": "proj_none", "role": "member"}])
    invited = invites.create(
        email="other@example.com", role="owner", projects=[{"id": project.id, "role": "member"}])
    assert [one.id for one in invited.projects] == [project.id]
    assert invites.delete(made[0].id).deleted
    gone(invites.retrieve, made[0].id)
    gone(invites.delete, made[0].id)
    assert made[0].id not in ids(invites.list(limit=1))
    # Nobody has accepted one, so nobody has come.
    users = organization.users.list(limit=1)
    assert len(users.data) == 1 and not users.has_more
    assert ids(organization.users.list(after=users.data[0].id)) == []
    gone(organization.users.delete, "user-none")
    gone(organization.users.update, "user-none", role="reader")
