-- 0006_due.sql - what is due is asked by date; the newest run of each plan.
-- SPDX-License-Identifier: Apache-2.0
CREATE INDEX ai_system_review_on_ix ON ai_system (review_on, id, retired_at);
CREATE INDEX organisation_review_on_ix ON organisation (review_on, id, retired_at);
CREATE INDEX control_review_on_ix ON control (review_on, id, retired_at);
CREATE INDEX document_review_on_ix ON document (review_on, id, retired_at);
CREATE INDEX finding_due_ix ON finding (due, id, retired_at);
CREATE INDEX objective_due_ix ON objective (due, id, retired_at);
CREATE INDEX risk_treatment_due_ix ON risk (treatment_due, id, retired_at);
CREATE INDEX risk_acceptance_expires_on_ix ON risk (acceptance_expires_on, id, retired_at);
CREATE INDEX risk_review_on_ix ON risk (review_on, id, retired_at);
CREATE INDEX supplier_next_assessment_on_ix ON supplier (next_assessment_on, id, retired_at);
CREATE INDEX measurement_newest_ix ON measurement (system, plan, kind, id, retired_at);
