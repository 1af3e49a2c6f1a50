# stores.py - what the story does to a store behind the program's back: copy, restore, damage.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import sqlite3
import subprocess


class SQLite:
    def __init__(self, data):
        self.data, self.n = data, 0

    def options(self):
        return ()

    def files(self):
        return [f for f in ("aims.db", "aims.db-wal", "aims.db-shm")]

    def snapshot(self):
        self.n += 1
        folder = f"{self.data}.copy{self.n}"
        os.mkdir(folder)
        for f in self.files():
            if os.path.exists(os.path.join(self.data, f)):
                shutil.copy2(os.path.join(self.data, f), folder)
        return folder

    def restore(self, folder):
        for f in self.files():
            if os.path.exists(os.path.join(self.data, f)):
                os.unlink(os.path.join(self.data, f))
        for f in os.listdir(folder):
            shutil.copy2(os.path.join(folder, f), self.data)

    def sql(self, text, *args):
        db = sqlite3.connect(os.path.join(self.data, "aims.db"))
        with db:
            rows = db.execute(text, args).fetchall()
        db.close()
        return rows

    def flip_leaf(self, seq):
        body = bytearray(self.sql("SELECT body FROM leaf WHERE seq = ?", seq)[0][0])
        body[10] ^= 1
        self.sql("UPDATE leaf SET body = ? WHERE seq = ?", bytes(body), seq)


class PostgreSQL:
    """The throw-away server of script/with-postgres; copies are databases made from a template."""

    def __init__(self, url):
        self.url, self.n = url, 0
        self.psql = os.path.join(os.environ["AIMS_TEST_PG_BIN"], "psql")

    def options(self):
        return ("--store", self.url)

    def run(self, text, database="test"):
        url = self.url.replace("/test?", f"/{database}?")
        done = subprocess.run([self.psql, "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", url, "-c", text],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def snapshot(self):
        self.n += 1
        self.run(f"CREATE DATABASE copy{self.n} TEMPLATE test", "postgres")
        return f"copy{self.n}"

    def restore(self, name):
        self.run("DROP DATABASE test WITH (FORCE)", "postgres")
        self.run(f"CREATE DATABASE test TEMPLATE {name}", "postgres")

    def sql(self, text):
        return self.run(text)

    def flip_leaf(self, seq):
        self.run(f"UPDATE leaf SET body = set_byte(body, 10, get_byte(body, 10) # 1) WHERE seq = {seq}")
