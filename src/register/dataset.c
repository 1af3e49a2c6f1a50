/* dataset.c - tables and rules of data sets and data set versions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/dataset.h"
#include "register/person.h"
#include "register/rules.h"
#include "register/supplier.h"

static const char *const personal[] = {"",  "none", "pseudonymised", "personal", "special_category",
                                       NULL};

static const field dataset_fields[] = {
    F_TEXT(dataset, name, REQ | UNIQ, 1, 120, "Name of the data set, without version"),
    F_LONG(dataset, purpose, 0, 4000, "What it is used for: training, test, operation"),
    F_LONG(dataset, provenance, 0, 8000, "Where it comes from and how it was obtained"),
    F_TEXT(dataset, licence, 0, 1, 200, "Terms of use"),
    F_ENUM(dataset, personal_data, REQ, personal, "Personal data in it"),
    F_LONG(dataset, legal_basis, 0, 4000, "Legal basis for using personal data"),
    F_LIST(dataset, protected_attributes, 0, NULL, 50, "Columns that tell protected groups"),
    F_LONG(dataset, preparation, 0, 8000, "How it was cleaned, labelled and transformed"),
    F_LONG(dataset, quality_requirements, 0, 8000, "What its quality must be"),
    F_REF(dataset, owner, 0, person, "Person answerable for it"),
    F_REF(dataset, supplier, 0, supplier, "Who supplies it, when bought"),
};

static bool check(const void *row, err *e)
{
    const dataset *d = row;
    if (d->personal_data >= PERSONAL_DATA && !d->legal_basis.p)
        return err_set(e, ERR_INVALID, S("legal_basis"), S("name the legal basis"),
                       "a data set with personal data needs a legal basis");
    return true;
}

const record dataset_record = {
    .name = "dataset",
    .noun = "dataset",
    .plural = "datasets",
    .title = "Data set",
    .tags = "A.4.3 A.7.2 A.7.3",
    .evidence_kind = "data_sheet",
    .doc = "A data set that models are trained, tested or run on",
    .size = sizeof(dataset),
    .fields = dataset_fields,
    .n_fields = COUNT(dataset_fields),
    .label = "name",
    .check = check,
};

static const field version_fields[] = {
    F_TEXT(dataset_version, name, REQ | UNIQ, 1, 160,
           "Data set and edition, for example 'loans 2026-06'"),
    F_REF(dataset_version, dataset, REQ, dataset, "Data set it is a version of"),
    F_TEXT(dataset_version, edition, REQ, 1, 60, "Version or period"),
    F_TEXT(dataset_version, file_sha256, INDEX, 64, 64, "SHA-256 of the file, lower-case hex"),
    F_INT(dataset_version, file_size, 0, 0, 9e15, "Bytes of the file"),
    F_INT(dataset_version, n_rows, 0, 0, 9e15, "Number of rows"),
    F_JSON(dataset_version, schema, 0, 60000,
           "Columns and their types; measuring adds those it read"),
    F_DATE(dataset_version, collected_from, 0, "First day the data is about"),
    F_DATE(dataset_version, collected_to, 0, "Last day the data is about"),
    F_LONG(dataset_version, notes, 0, 8000, "What differs from the version before"),
};

static bool check_version(const void *row, err *e)
{
    const dataset_version *v = row;
    if (v->collected_from.has && v->collected_to.has && v->collected_from.v > v->collected_to.v)
        return err_set(e, ERR_INVALID, S("collected_to"), S("give a later day"),
                       "the period ends before it begins");
    return rule_sha256(v->file_sha256, "file_sha256", e);
}

const record dataset_version_record = {
    .name = "dataset_version",
    .noun = "dataset-version",
    .plural = "dataset-versions",
    .title = "Data set version",
    .tags = "A.4.3 A.7.5",
    .evidence_kind = "data_lineage",
    .doc = "One version of a data set, bound to its file",
    .size = sizeof(dataset_version),
    .fields = version_fields,
    .n_fields = COUNT(version_fields),
    .label = "name",
    .check = check_version,
};
