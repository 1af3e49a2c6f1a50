// german.ts - all of German in one piece, loaded when it is chosen.
// SPDX-License-Identifier: Apache-2.0

export { de } from './de';
export { deDocs } from './de_docs';
export { deFields, deTypes, deValues } from './de_records';
