// results.ts - what results of measurements call their pictures and tables, in the reader's language.
// SPDX-License-Identifier: Apache-2.0

import { lang } from './text';

/* Titles, axes and names of curves as the engines write them. Names of metrics and options stay English. */
const de: Record<string, string> = {
  'Accuracy of the surest answers': 'Treffer der sichersten Antworten',
  'Accuracy when only the surest answers are given': 'Treffer, wenn nur die sichersten Antworten gegeben werden',
  'Accuracy when rows may change': 'Treffer, wenn sich Zeilen ändern dürfen',
  'Accuracy when rows may change by up to epsilon: found, and proven': 'Treffer, wenn sich Zeilen bis epsilon ändern dürfen: gefunden und bewiesen',
  'Chance against what came true, 10 bins of equal width, Wilson at 0.95': 'Wahrscheinlichkeit gegen das Eingetretene, 10 gleich breite Klassen, Wilson bei 0,95',
  'Columns compared': 'Verglichene Spalten',
  'Corruptions of all features by severity': 'Verfälschungen aller Merkmale nach Stärke',
  'Features by importance': 'Merkmale nach Wichtigkeit',
  'Features by what corrupting each alone does': 'Merkmale danach, was es bewirkt, jedes allein zu verfälschen',
  'Features that act together': 'Merkmale, die zusammen wirken',
  'Figures that differ': 'Kennzahlen, die abweichen',
  'Members found at a rate of false alarms': 'Gefundene Mitglieder bei einer Rate falscher Alarme',
  'Parts of the result': 'Teile des Ergebnisses',
  'Precision and recall': 'Genauigkeit und Trefferquote',
  'ROC curve': 'ROC-Kurve',
  'Reasons for single decisions': 'Gründe einzelner Entscheidungen',
  'Reliability diagram': 'Zuverlässigkeitsdiagramm',
  'Rows in each cell, reference and data': 'Zeilen je Zelle, Vergleichsdaten und Daten',
  'Single decisions: from the mean answer to this one': 'Einzelne Entscheidungen: von der mittleren Antwort zu dieser',
  'Truth against prediction': 'Wahrheit gegen Vorhersage',
  'What differential privacy would cost': 'Was Differential Privacy kosten würde',
  'What would have changed decisions': 'Was Entscheidungen geändert hätte',
  accuracy: 'Anteil richtiger Antworten',
  effect: 'Wirkung',
  ice_10: '10 % der einzelnen Zeilen liegen darunter',
  ice_90: '10 % der einzelnen Zeilen liegen darüber',
  mean: 'Mittel',
  'mean chance': 'mittlere Wahrscheinlichkeit',
  model: 'Modell',
  'not broken': 'nicht gebrochen',
  proven: 'bewiesen',
  'robust accuracy': 'Anteil richtiger Antworten trotz Änderung',
  'share answered': 'Anteil beantwortet',
  'share that came true': 'eingetretener Anteil',
  'false positive rate': 'Rate falscher Alarme',
  'true positive rate': 'Rate gefundener Mitglieder',
  margin: 'Punktzahl des Modells (margin)',
  output: 'Antwort des Modells (output)',
};

const OF: [RegExp, string][] = [
  [/^Partial dependence of (.*)$/s, 'Partielle Abhängigkeit von $1'],
  [/^Accumulated local effects of (.*)$/s, 'Kumulierte lokale Effekte von $1'],
];

const en: Record<string, string> = { ice_10: '10 % of single rows lie below', ice_90: '10 % of single rows lie above' };

/** A title, axis or curve of a result; what is not known here is a name of the API or of the data. */
export function resultText(text: string): string {
  if (lang.value === 'en') return en[text] ?? text;
  const known = de[text];
  if (known) return known;
  const rule = OF.find(([r]) => r.test(text));
  return rule ? text.replace(rule[0], rule[1]) : text;
}

/** "tpr_at_fpr_0_01" reads "tpr at fpr 0.01". */
export const metricText = (id: string): string => id.replace(/_(\d+)_(\d+)/g, ' $1.$2').replace(/_/g, ' ');
