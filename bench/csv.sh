#!/bin/sh
# csv.sh - reading a generated CSV file: aims beside pandas' C engine and wc -l, in one run.
# SPDX-License-Identifier: Apache-2.0
# Usage: bench/csv.sh PATH-OF-bench_csv [ROWS]
set -eu
bench=$1
python=${PYTHON:-/usr/bin/python3} # the one that sees Debian's pandas
rows=${2:-3000000}
file=$(mktemp --suffix=.csv)
trap 'rm -f "$file"' EXIT

"$python" - "$rows" "$file" <<'PY'
import random, sys
random.seed(1)
race = ['White', 'Black', 'Asian', 'Other', 'African-American']
work = ['self employed', 'government', 'private company', 'none']
with open(sys.argv[2], 'w') as f:
    f.write('id,sex,race,age,income,score,label,zip,employer,hours,note\n')
    for i in range(int(sys.argv[1])):
        f.write('%d,%s,%s,%d,%.2f,%.6f,%d,%05d,%s,%d,application received\n' % (
            i, random.choice(['Male', 'Female']), random.choice(race), random.randint(18, 90),
            random.random() * 1e5, random.random(), random.random() < .3,
            random.randint(0, 99999), random.choice(work), random.randint(0, 80)))
PY
ls -l "$file"
"$bench" "$file" 1 sex race score label
"$bench" "$file" 0 sex race score label
"$bench" "$file" 1

"$python" - "$file" <<'PY'
import os, sys, time
size = os.path.getsize(sys.argv[1]) / 1e6
def timed(name, f):
    cpu = time.process_time()
    f()
    cpu = time.process_time() - cpu
    print('%s: %.3f s CPU = %.0f MB/s per core' % (name, cpu, size / cpu))
import hashlib
timed('sha256 alone', lambda: hashlib.sha256(open(sys.argv[1], 'rb').read()))
try:
    import pandas
except ImportError:
    print('pandas is not installed: no peer')
else:
    wanted = ['sex', 'race', 'score', 'label']
    timed('pandas %s read_csv, 4 columns' % pandas.__version__,
          lambda: pandas.read_csv(sys.argv[1], usecols=wanted, engine='c'))
    timed('pandas %s read_csv, all columns' % pandas.__version__,
          lambda: pandas.read_csv(sys.argv[1], engine='c'))
PY
bash -c "TIMEFORMAT='wc -l: %U + %S s CPU'; time wc -l < '$file' > /dev/null"
