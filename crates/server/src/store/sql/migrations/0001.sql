CREATE TABLE fakeai_worlds (
    name TEXT PRIMARY KEY,
    openings BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);

CREATE TABLE fakeai_objects (
    number {number},
    world TEXT NOT NULL,
    family TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT NOT NULL,
    parent_family TEXT NOT NULL,
    opening BIGINT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT,
    blob TEXT,
    bytes BIGINT NOT NULL,
    private TEXT,
    object TEXT NOT NULL
);

CREATE UNIQUE INDEX fakeai_objects_id ON fakeai_objects (world, family, id, parent);

CREATE INDEX fakeai_objects_list ON fakeai_objects (world, family, parent, number);

CREATE INDEX fakeai_objects_below ON fakeai_objects (world, parent_family, parent) WHERE parent <> '';

CREATE INDEX fakeai_objects_top ON fakeai_objects (world, number) WHERE parent = '';

CREATE INDEX fakeai_objects_due ON fakeai_objects (world, due, number) WHERE due IS NOT NULL;

CREATE INDEX fakeai_objects_blob ON fakeai_objects (world, blob) WHERE blob IS NOT NULL;
