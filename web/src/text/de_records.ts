// de_records.ts - German names of record types, members and values; English ones come from the server.
// SPDX-License-Identifier: Apache-2.0

/** Title of a type: one, many. */
export const deTypes: Record<string, [string, string]> = {
  'AI system': ['KI-System', 'KI-Systeme'],
  Control: ['Maßnahme', 'Maßnahmen'],
  'Data set': ['Datensatz', 'Datensätze'],
  'Data set version': ['Datensatzversion', 'Datensatzversionen'],
  Document: ['Dokument', 'Dokumente'],
  Evidence: ['Nachweis', 'Nachweise'],
  Finding: ['Feststellung', 'Feststellungen'],
  Framework: ['Rahmenwerk', 'Rahmenwerke'],
  Measurement: ['Messung', 'Messungen'],
  'Measurement plan': ['Messplan', 'Messpläne'],
  Model: ['Modell', 'Modelle'],
  'Model version': ['Modellversion', 'Modellversionen'],
  Objective: ['Ziel', 'Ziele'],
  Organisation: ['Organisation', 'Organisationen'],
  Person: ['Person', 'Personen'],
  Risk: ['Risiko', 'Risiken'],
  Supplier: ['Lieferant', 'Lieferanten'],
};

export const deFields: Record<string, string> = {};
export const deValues: Record<string, string> = {};
