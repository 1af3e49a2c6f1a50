-- 0004_reference_data.sql - reference data of plans and measurements, and which measurement another repeats.
-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE plan ADD COLUMN reference_version BIGINT REFERENCES dataset_version(id); -- Data it is held against, for kinds that compare; none: given at each run
CREATE INDEX plan_reference_version_ix ON plan (reference_version, id, retired_at);
ALTER TABLE measurement ADD COLUMN reference_version BIGINT REFERENCES dataset_version(id); -- Data it was held against
ALTER TABLE measurement ADD COLUMN reference_sha256 TEXT; -- SHA-256 of the data it was held against
CREATE INDEX measurement_reference_version_ix ON measurement (reference_version, id, retired_at);
CREATE INDEX measurement_reference_sha256_ix ON measurement (reference_sha256, id, retired_at);
ALTER TABLE measurement ADD COLUMN repeats BIGINT REFERENCES measurement(id); -- Measurement whose result it repeated
CREATE INDEX measurement_repeats_ix ON measurement (repeats, id, retired_at);
