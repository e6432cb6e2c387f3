ALTER TABLE fakeai_objects ADD COLUMN project TEXT NOT NULL DEFAULT '';

DROP INDEX fakeai_objects_list;

CREATE INDEX fakeai_objects_list ON fakeai_objects (world, family, project, parent, number);
