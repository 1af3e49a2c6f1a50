-- 0002_registers.sql - the tables of the record types, as their field tables print them.
-- SPDX-License-Identifier: Apache-2.0

-- Somebody with a role in the AI management system
CREATE TABLE person (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Name people use
  email TEXT UNIQUE, -- Address for messages
  unit TEXT, -- Department or company
  roles TEXT, -- Roles in the AI management system
  duties TEXT, -- What the person decides and answers for
  reports_to BIGINT REFERENCES person(id), -- Superior in the AI management system
  competence TEXT, -- Education, training and experience that qualify
  competence_checked_on BIGINT -- When competence was last evaluated
);
CREATE INDEX person_reports_to_ix ON person (reports_to, id, retired_at);

-- The organisation and the scope of its AI management system
CREATE TABLE organisation (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Legal name
  activity TEXT, -- What the organisation does, and why it uses AI
  ai_roles TEXT, -- Roles it plays towards AI systems
  context TEXT, -- Outside and inside issues that matter
  climate_relevant BIGINT CHECK (climate_relevant IN (0, 1)), -- Climate change is a relevant issue
  climate_reason TEXT, -- Why it is, or is not
  scope TEXT NOT NULL, -- What the AI management system covers
  exclusions TEXT, -- What it leaves out, and why
  sites TEXT, -- Sites within the scope
  currency TEXT, -- ISO 4217 code of its money amounts
  scope_approved_by BIGINT REFERENCES person(id), -- Who approved the scope
  scope_approved_on BIGINT, -- When the scope was approved
  review_on BIGINT -- When context and scope are looked at again
);
CREATE INDEX organisation_scope_approved_by_ix ON organisation (scope_approved_by, id, retired_at);

-- A supplier of AI systems, models, data or services
CREATE TABLE supplier (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Company
  service TEXT NOT NULL, -- What it supplies
  country TEXT, -- ISO 3166 code of its seat
  criticality TEXT CHECK (criticality IN ('low', 'medium', 'high', 'critical')), -- How much depends on it
  owner BIGINT REFERENCES person(id), -- Person who looks after it
  contact TEXT, -- Person or address to turn to
  contract TEXT, -- Contract reference
  yearly_cost BIGINT, -- Cost per year
  responsibilities TEXT, -- Who does what: supplier, us, customers
  assessment TEXT, -- Result of the last assessment
  assessed_on BIGINT, -- Last assessment
  next_assessment_on BIGINT -- Next assessment
);
CREATE INDEX supplier_criticality_ix ON supplier (criticality, id, retired_at);
CREATE INDEX supplier_owner_ix ON supplier (owner, id, retired_at);

-- A data set that models are trained, tested or run on
CREATE TABLE dataset (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Name of the data set, without version
  purpose TEXT, -- What it is used for: training, test, operation
  provenance TEXT, -- Where it comes from and how it was obtained
  licence TEXT, -- Terms of use
  personal_data TEXT NOT NULL CHECK (personal_data IN ('none', 'pseudonymised', 'personal', 'special_category')), -- Personal data in it
  legal_basis TEXT, -- Legal basis for using personal data
  protected_attributes TEXT, -- Columns that tell protected groups
  preparation TEXT, -- How it was cleaned, labelled and transformed
  quality_requirements TEXT, -- What its quality must be
  owner BIGINT REFERENCES person(id), -- Person answerable for it
  supplier BIGINT REFERENCES supplier(id) -- Who supplies it, when bought
);
CREATE INDEX dataset_personal_data_ix ON dataset (personal_data, id, retired_at);
CREATE INDEX dataset_owner_ix ON dataset (owner, id, retired_at);
CREATE INDEX dataset_supplier_ix ON dataset (supplier, id, retired_at);

-- One version of a data set, bound to its file
CREATE TABLE dataset_version (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Data set and edition, for example 'loans 2026-06'
  dataset BIGINT NOT NULL REFERENCES dataset(id), -- Data set it is a version of
  edition TEXT NOT NULL, -- Version or period
  file_sha256 TEXT, -- SHA-256 of the file, lower-case hex
  file_size BIGINT, -- Bytes of the file
  n_rows BIGINT, -- Number of rows
  schema TEXT, -- Columns and their types
  collected_from BIGINT, -- First day the data is about
  collected_to BIGINT, -- Last day the data is about
  notes TEXT -- What differs from the version before
);
CREATE INDEX dataset_version_dataset_ix ON dataset_version (dataset, id, retired_at);
CREATE INDEX dataset_version_file_sha256_ix ON dataset_version (file_sha256, id, retired_at);

-- A model that AI systems use
CREATE TABLE model (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Name of the model, without version
  purpose TEXT, -- What it predicts or produces
  task TEXT CHECK (task IN ('classification', 'regression', 'ranking', 'generation', 'other')), -- Kind of output
  owner BIGINT REFERENCES person(id), -- Person answerable for it
  supplier BIGINT REFERENCES supplier(id) -- Who supplies it, when bought
);
CREATE INDEX model_task_ix ON model (task, id, retired_at);
CREATE INDEX model_owner_ix ON model (owner, id, retired_at);
CREATE INDEX model_supplier_ix ON model (supplier, id, retired_at);

-- One version of a model, bound to its artefact
CREATE TABLE model_version (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Model and edition, for example 'loan 1.0'
  model BIGINT NOT NULL REFERENCES model(id), -- Model it is a version of
  edition TEXT NOT NULL, -- Version as its makers count it
  artefact_sha256 TEXT, -- SHA-256 of the artefact, lower-case hex
  artefact_size BIGINT, -- Bytes of the artefact
  format TEXT, -- File format, for example xgboost-json
  trained_on BIGINT REFERENCES dataset_version(id), -- Data set version it was trained on
  endpoint TEXT, -- Address where it answers, when served
  limitations TEXT, -- Known limits and conditions of use
  status TEXT NOT NULL CHECK (status IN ('candidate', 'approved', 'deployed', 'withdrawn')) -- Release state
);
CREATE INDEX model_version_model_ix ON model_version (model, id, retired_at);
CREATE INDEX model_version_artefact_sha256_ix ON model_version (artefact_sha256, id, retired_at);
CREATE INDEX model_version_trained_on_ix ON model_version (trained_on, id, retired_at);
CREATE INDEX model_version_status_ix ON model_version (status, id, retired_at);

-- An AI system under management
CREATE TABLE ai_system (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Short name people use
  owner BIGINT NOT NULL REFERENCES person(id), -- Person answerable for it
  purpose TEXT NOT NULL, -- What it is for, and what it must not be used for
  intended_users TEXT, -- Who works with it
  affected_groups TEXT, -- Whose life its outputs touch
  autonomy TEXT CHECK (autonomy IN ('advisory', 'human_in_the_loop', 'human_on_the_loop', 'full')), -- How far it acts without a person
  oversight TEXT, -- Who can see, question, stop and reverse it, and how
  stage TEXT NOT NULL CHECK (stage IN ('inception', 'design_development', 'verification_validation', 'deployment', 'operation_monitoring', 're_evaluation', 'retirement')), -- Life-cycle stage
  roles TEXT, -- Roles the organisation plays for it
  risk_class TEXT CHECK (risk_class IN ('minimal', 'limited', 'high', 'general_purpose', 'prohibited')), -- Class under the EU AI Act
  risk_class_reason TEXT, -- Why it is in that class
  in_scope BIGINT NOT NULL CHECK (in_scope IN (0, 1)), -- Within the scope of the AI management system
  scope_reason TEXT, -- Why it is outside the scope
  deployed_on BIGINT, -- First day of real use
  review_on BIGINT -- When the entry is looked at again
);
CREATE INDEX ai_system_owner_ix ON ai_system (owner, id, retired_at);
CREATE INDEX ai_system_autonomy_ix ON ai_system (autonomy, id, retired_at);
CREATE INDEX ai_system_stage_ix ON ai_system (stage, id, retired_at);
CREATE INDEX ai_system_risk_class_ix ON ai_system (risk_class, id, retired_at);

-- A row of the Statement of Applicability
CREATE TABLE control (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  control TEXT NOT NULL UNIQUE, -- Control of Annex A, or an own one as X.name
  title TEXT, -- Title of an own control
  applicable BIGINT NOT NULL CHECK (applicable IN (0, 1)), -- Necessary for this organisation
  reason TEXT NOT NULL, -- Why it is included or excluded
  sources TEXT, -- What makes it necessary
  implementation TEXT NOT NULL CHECK (implementation IN ('not_started', 'planned', 'partial', 'implemented')), -- What its owner declares
  how TEXT, -- How it is implemented
  owner BIGINT REFERENCES person(id), -- Person answerable for it
  review_on BIGINT -- When the decision is looked at again
);
CREATE INDEX control_implementation_ix ON control (implementation, id, retired_at);
CREATE INDEX control_owner_ix ON control (owner, id, retired_at);

-- An AI risk with its assessment, treatment and acceptance
CREATE TABLE risk (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- What could happen, in a few words
  description TEXT, -- Cause, event and consequence
  system BIGINT REFERENCES ai_system(id), -- AI system it belongs to; none: the whole organisation
  source TEXT, -- Risk source of Annex C, for example C.3.4
  owner BIGINT NOT NULL REFERENCES person(id), -- Person answerable for it
  likelihood BIGINT NOT NULL, -- How likely without treatment, 1 (rare) to 5
  impact_organisation BIGINT NOT NULL, -- Harm to the organisation, 1 to 5
  impact_individuals BIGINT NOT NULL, -- Harm to people, 1 to 5
  impact_society BIGINT NOT NULL, -- Harm to society, 1 to 5
  inherent_level BIGINT NOT NULL, -- Likelihood x greatest impact
  treatment TEXT CHECK (treatment IN ('mitigate', 'accept', 'avoid', 'transfer')), -- What is done about it
  treatment_plan TEXT, -- Measures, by whom and with what
  treatment_due BIGINT, -- When the measures must be in place
  controls TEXT, -- Controls that treat it
  residual_likelihood BIGINT, -- How likely after treatment
  residual_organisation BIGINT, -- Harm to the organisation after treatment
  residual_individuals BIGINT, -- Harm to people after treatment
  residual_society BIGINT, -- Harm to society after treatment
  residual_level BIGINT, -- Level after treatment
  status TEXT NOT NULL CHECK (status IN ('open', 'treated', 'accepted', 'closed')), -- Where it stands
  accepted_by BIGINT REFERENCES person(id), -- Who accepted what remains
  accepted_on BIGINT, -- When it was accepted
  acceptance_expires_on BIGINT, -- When the acceptance ends
  review_on BIGINT -- When it is assessed again
);
CREATE INDEX risk_system_ix ON risk (system, id, retired_at);
CREATE INDEX risk_owner_ix ON risk (owner, id, retired_at);
CREATE INDEX risk_inherent_level_ix ON risk (inherent_level, id, retired_at);
CREATE INDEX risk_treatment_ix ON risk (treatment, id, retired_at);
CREATE INDEX risk_status_ix ON risk (status, id, retired_at);
CREATE INDEX risk_accepted_by_ix ON risk (accepted_by, id, retired_at);

-- A measurement plan: what is measured how, with limits fixed before the run
CREATE TABLE plan (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Short name people use
  kind TEXT NOT NULL, -- Kind of measurement, for example bias_fairness_test
  system BIGINT NOT NULL REFERENCES ai_system(id), -- AI system that is measured
  model_version BIGINT REFERENCES model_version(id), -- Model version that is asked; none: predictions are in the data
  dataset_version BIGINT REFERENCES dataset_version(id), -- Data it is measured on; none: given at each run
  parameters TEXT NOT NULL, -- Columns, groups, filter, seed and intervals
  limits TEXT, -- Limits, for example demographic_parity_difference<=0.1
  reason TEXT, -- Why these limits
  controls TEXT, -- Controls it proves; none: all that the catalog names for the kind
  every_days BIGINT, -- Days between runs on the server; none: run by hand or CI
  fresh_days BIGINT NOT NULL, -- Days for which a result counts as fresh
  fresh_from TEXT CHECK (fresh_from IN ('run', 'data')), -- Counted from the run, or from the last day of its data
  owner BIGINT REFERENCES person(id), -- Person answerable for it
  active BIGINT NOT NULL CHECK (active IN (0, 1)) -- In use
);
CREATE INDEX plan_kind_ix ON plan (kind, id, retired_at);
CREATE INDEX plan_system_ix ON plan (system, id, retired_at);
CREATE INDEX plan_model_version_ix ON plan (model_version, id, retired_at);
CREATE INDEX plan_dataset_version_ix ON plan (dataset_version, id, retired_at);
CREATE INDEX plan_fresh_from_ix ON plan (fresh_from, id, retired_at);
CREATE INDEX plan_owner_ix ON plan (owner, id, retired_at);
CREATE INDEX plan_active_ix ON plan (active, id, retired_at);

-- An AI objective with its measure and target
CREATE TABLE objective (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Objective in a few words
  description TEXT, -- What is to be reached and why
  owner BIGINT NOT NULL REFERENCES person(id), -- Person answerable for it
  system BIGINT REFERENCES ai_system(id), -- AI system it is about
  measure TEXT NOT NULL, -- How reaching it is measured
  plan BIGINT REFERENCES plan(id), -- Measurement plan that measures it
  target TEXT, -- Target on a metric of the plan, for example accuracy>=0.9
  actions TEXT, -- What will be done, with which resources
  due BIGINT -- When it must be reached
);
CREATE INDEX objective_owner_ix ON objective (owner, id, retired_at);
CREATE INDEX objective_system_ix ON objective (system, id, retired_at);
CREATE INDEX objective_plan_ix ON objective (plan, id, retired_at);

-- One run of a measurement with its verdict
CREATE TABLE measurement (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  kind TEXT NOT NULL, -- Kind of measurement
  plan BIGINT REFERENCES plan(id), -- Plan it followed
  plan_version BIGINT NOT NULL, -- Version of the plan at the run; 0: none
  system BIGINT REFERENCES ai_system(id), -- AI system that was measured
  model_version BIGINT REFERENCES model_version(id), -- Model version that was asked
  dataset_version BIGINT REFERENCES dataset_version(id), -- Data it was measured on
  verdict TEXT NOT NULL CHECK (verdict IN ('none', 'pass', 'fail', 'inconclusive')), -- Verdict against the limits
  started_at BIGINT NOT NULL, -- When the run began
  seconds DOUBLE PRECISION NOT NULL, -- How long it took
  n_rows BIGINT NOT NULL, -- Rows measured
  dataset_sha256 TEXT, -- SHA-256 of the data
  model_sha256 TEXT, -- SHA-256 of the model
  result_sha256 TEXT NOT NULL, -- SHA-256 of the whole result, kept as a file
  tool_version TEXT NOT NULL, -- Version of aims that measured
  metrics TEXT -- Metrics with intervals and verdicts
);
CREATE INDEX measurement_kind_ix ON measurement (kind, id, retired_at);
CREATE INDEX measurement_plan_ix ON measurement (plan, id, retired_at);
CREATE INDEX measurement_system_ix ON measurement (system, id, retired_at);
CREATE INDEX measurement_model_version_ix ON measurement (model_version, id, retired_at);
CREATE INDEX measurement_dataset_version_ix ON measurement (dataset_version, id, retired_at);
CREATE INDEX measurement_verdict_ix ON measurement (verdict, id, retired_at);
CREATE INDEX measurement_dataset_sha256_ix ON measurement (dataset_sha256, id, retired_at);
CREATE INDEX measurement_model_sha256_ix ON measurement (model_sha256, id, retired_at);

-- A policy, procedure or other controlled document
CREATE TABLE document (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Title
  kind TEXT NOT NULL, -- Kind of evidence of the catalog, such as policy_document or procedure
  edition TEXT NOT NULL, -- Edition, for example 1.2
  body TEXT, -- Text, when it is written here
  file_sha256 TEXT, -- SHA-256 of its file, when it is a file
  file_name TEXT, -- Name of its file
  owner BIGINT NOT NULL REFERENCES person(id), -- Person who keeps it up to date
  controls TEXT, -- Clauses and controls it serves
  audience TEXT, -- Who must know it
  review_on BIGINT, -- When it must be reviewed
  status TEXT CHECK (status IN ('draft', 'approved', 'withdrawn')), -- Draft until approved
  approved_by BIGINT REFERENCES person(id), -- Who approved this edition
  approved_at BIGINT -- When this edition was approved
);
CREATE INDEX document_kind_ix ON document (kind, id, retired_at);
CREATE INDEX document_owner_ix ON document (owner, id, retired_at);
CREATE INDEX document_status_ix ON document (status, id, retired_at);
CREATE INDEX document_approved_by_ix ON document (approved_by, id, retired_at);

-- Something observed that speaks for or against controls
CREATE TABLE evidence (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL, -- What it shows, in a few words
  kind TEXT NOT NULL, -- Kind of evidence of the catalog, for example test_report
  method TEXT CHECK (method IN ('measured', 'recorded', 'attested')), -- How it came about
  controls TEXT NOT NULL, -- Clauses and controls it speaks for
  system BIGINT REFERENCES ai_system(id), -- AI system it is about
  measurement BIGINT REFERENCES measurement(id), -- Measurement it comes from
  document BIGINT REFERENCES document(id), -- Document it comes from
  verdict TEXT CHECK (verdict IN ('none', 'pass', 'fail', 'inconclusive')), -- Verdict of that measurement
  observed_at BIGINT NOT NULL, -- When it was observed
  fresh_until BIGINT NOT NULL, -- Until when it counts
  file_sha256 TEXT, -- SHA-256 of its file
  file_name TEXT, -- Name of its file
  file_size BIGINT, -- Bytes of its file
  supplied_by BIGINT REFERENCES person(id), -- Who supplied it
  note TEXT -- What an auditor should know
);
CREATE INDEX evidence_kind_ix ON evidence (kind, id, retired_at);
CREATE INDEX evidence_method_ix ON evidence (method, id, retired_at);
CREATE INDEX evidence_system_ix ON evidence (system, id, retired_at);
CREATE INDEX evidence_measurement_ix ON evidence (measurement, id, retired_at);
CREATE INDEX evidence_document_ix ON evidence (document, id, retired_at);
CREATE INDEX evidence_verdict_ix ON evidence (verdict, id, retired_at);
CREATE INDEX evidence_fresh_until_ix ON evidence (fresh_until, id, retired_at);
CREATE INDEX evidence_file_sha256_ix ON evidence (file_sha256, id, retired_at);
CREATE INDEX evidence_supplied_by_ix ON evidence (supplied_by, id, retired_at);

-- A nonconformity or observation with its correction
CREATE TABLE finding (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL, -- What is wrong, in a few words
  description TEXT, -- What was seen, and against what it was held
  grade TEXT NOT NULL CHECK (grade IN ('major', 'minor', 'observation')), -- Weight: major and minor are nonconformities
  status TEXT NOT NULL CHECK (status IN ('open', 'corrected', 'closed')), -- Where it stands
  controls TEXT NOT NULL, -- Clauses and controls it is raised against
  system BIGINT REFERENCES ai_system(id), -- AI system it is about
  plan BIGINT REFERENCES plan(id), -- Plan whose limit failed
  measurement BIGINT REFERENCES measurement(id), -- Measurement that showed it
  raised_by BIGINT REFERENCES person(id), -- Who raised it; none: the program
  owner BIGINT REFERENCES person(id), -- Who must correct it
  due BIGINT, -- When it must be corrected
  correction TEXT, -- What was done at once
  cause TEXT, -- Why it happened
  corrective_action TEXT, -- What keeps it from happening again
  effectiveness TEXT, -- How it was checked that the action works
  closed_on BIGINT -- When it was closed
);
CREATE INDEX finding_grade_ix ON finding (grade, id, retired_at);
CREATE INDEX finding_status_ix ON finding (status, id, retired_at);
CREATE INDEX finding_system_ix ON finding (system, id, retired_at);
CREATE INDEX finding_plan_ix ON finding (plan, id, retired_at);
CREATE INDEX finding_measurement_ix ON finding (measurement, id, retired_at);
CREATE INDEX finding_raised_by_ix ON finding (raised_by, id, retired_at);
CREATE INDEX finding_owner_ix ON finding (owner, id, retired_at);

-- A framework imported from an OSCAL catalog
CREATE TABLE framework (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Short name people use, for example nist-800-53
  title TEXT NOT NULL, -- Title of the catalog
  edition TEXT, -- Version of the catalog
  n_controls BIGINT NOT NULL, -- Number of controls and groups
  source_sha256 TEXT NOT NULL, -- SHA-256 of the OSCAL file
  content_sha256 TEXT NOT NULL -- SHA-256 of its controls, kept as a file
);
