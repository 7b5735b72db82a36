"""Expressions that must be refused, by what they try. ``a`` and ``b`` are numbers, ``s`` and ``t`` texts, ``d`` a date."""

MIX_ROWS = """
SUM(a)
AVG(a)
MIN(a)
MAX(a)
COUNT(*)
COUNT(a)
COUNT(DISTINCT a)
MEDIAN(a)
STDDEV(a)
STDDEV_POP(a)
STDDEV_SAMP(a)
VARIANCE(a)
VAR_POP(a)
VAR_SAMP(a)
FIRST(a)
LAST(a)
FIRST_VALUE(a)
LAST_VALUE(a)
NTH_VALUE(a, 2)
ANY_VALUE(a)
MODE(a)
QUANTILE(a, 0.5)
APPROX_QUANTILE(a, 0.5)
PERCENTILE_CONT(a, 0.5)
PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a)
CORR(a, b)
COVAR_POP(a, b)
COVAR_SAMP(a, b)
STRING_AGG(s, ',')
GROUP_CONCAT(s)
LISTAGG(s, ',')
ARRAY_AGG(a)
ARRAY_AGG(a ORDER BY b)
JSON_ARRAYAGG(a)
BOOL_AND(a > 1)
BOOL_OR(a > 1)
LOGICAL_OR(a > 1)
BIT_AND(a)
BIT_OR(a)
BIT_XOR(a)
APPROX_DISTINCT(a)
HLL(a)
ARG_MAX(a, b)
ARG_MIN(a, b)
MAX_BY(a, b)
a - AVG(a)
a / SUM(a)
(a - MIN(a)) / (MAX(a) - MIN(a))
CASE WHEN a > AVG(a) THEN 1 ELSE 0 END
COALESCE(a, AVG(a))
SUM(a) OVER ()
SUM(a) OVER (PARTITION BY s)
AVG(a) OVER (ORDER BY d)
AVG(a) OVER (ORDER BY d ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)
ROW_NUMBER() OVER ()
ROW_NUMBER() OVER (ORDER BY a)
RANK() OVER (ORDER BY a)
DENSE_RANK() OVER (ORDER BY a)
PERCENT_RANK() OVER (ORDER BY a)
CUME_DIST() OVER (ORDER BY a)
NTILE(4) OVER (ORDER BY a)
LAG(a) OVER (ORDER BY d)
LEAD(a) OVER (ORDER BY d)
LAG(a, 1)
LEAD(a)
RANK()
ROW_NUMBER()
NTILE(3)
a + ROW_NUMBER() OVER ()
COUNT(*) OVER (PARTITION BY s)
SUM(a) FILTER (WHERE b > 1)
FIRST_VALUE(a) IGNORE NULLS
a OVER w
SUM(a) OVER w
"""

CLOCK_AND_CHANCE = """
NOW()
CURRENT_DATE
CURRENT_DATE()
CURRENT_TIME
CURRENT_TIMESTAMP
CURRENT_TIMESTAMP()
CURRENT_DATETIME()
LOCALTIME
LOCALTIMESTAMP
GETDATE()
SYSDATE()
SYSDATE
TODAY()
UTC_DATE()
UTC_TIMESTAMP()
UNIX_TIMESTAMP()
CLOCK_TIMESTAMP()
TRANSACTION_TIMESTAMP()
d - CURRENT_DATE
DATEDIFF(CURRENT_DATE, d)
DATEDIFF(NOW(), d)
AGE(d)
RAND()
RANDOM()
RAND(1)
RANDN()
UUID()
GENERATE_UUID()
NEWID()
a + RAND()
CASE WHEN RANDOM() > 0.5 THEN a ELSE b END
SESSION_USER
CURRENT_USER
CURRENT_SCHEMA()
CURRENT_CATALOG
USER
VERSION()
DATABASE()
CONNECTION_ID()
PI_DIGITS(a)
"""

OTHER_TABLES_AND_FILES = """
(SELECT 1)
(SELECT a FROM t)
(SELECT MAX(a) FROM self)
SELECT a
SELECT * FROM df
SELECT a FROM read_csv('/etc/passwd')
a IN (SELECT a FROM t)
EXISTS (SELECT 1)
NOT EXISTS (SELECT 1)
a = ANY (SELECT 1)
a > ALL (SELECT 1)
a = SOME (SELECT b FROM t)
a = ANY(b)
a + (SELECT 1)
CASE WHEN EXISTS (SELECT 1) THEN a END
COALESCE(a, (SELECT 1))
WITH x AS (SELECT 1) SELECT * FROM x
VALUES (1)
TABLE t
FROM t
read_csv('/etc/passwd')
read_parquet('x.parquet')
READ_CSV(s)
read_json('x')
scan_csv('x')
read_text('/etc/passwd')
read_blob('/etc/passwd')
glob('*')
LOAD_FILE('/etc/passwd')
pg_read_file('/etc/passwd')
COPY t TO 'x'
ATTACH 'x'
DROP TABLE t
DELETE FROM t
INSERT INTO t VALUES (1)
UPDATE t SET a = 1
CREATE TABLE t (a INT)
ALTER TABLE t ADD a INT
TRUNCATE TABLE t
PRAGMA table_info(t)
SET x = 1
USE x
SHOW TABLES
DESCRIBE t
EXPLAIN SELECT 1
CALL p()
GRANT ALL ON t TO u
KILL 1
COMMIT
BEGIN
a; DROP TABLE t
a; b
a;; b
a UNION SELECT 1
a FROM t
a WHERE b > 1
a ORDER BY b
a LIMIT 1
a AS z
a z
a, b
(a, b)
t.a
x.t.a
"t"."a"
self.a
UNNEST(a)
EXPLODE(s)
GENERATE_SERIES(1, 10)
SEQUENCE(1, 1000000)
RANGE(1000000000)
LATERAL (SELECT 1)
JSON_TABLE(s, '$')
XMLTABLE(s)
"""

WILDCARDS_AND_OTHER_NAMES = """
*
a + *
t.*
COLUMNS('.*')
COLUMNS(*)
COLUMNS('a|b')
* EXCLUDE (a)
* EXCEPT (a)
* REPLACE (a AS b)
COALESCE(*)
CONCAT(*)
GREATEST(*)
STRUCT(*)
target
prediction
__class__
a.__class__
a.__class__.__mro__
"__class__"
_c0
c0
m0
literal
?
:p
:1
@a
@@version
$1
$a
%s
{a}
{{ a }}
${a}
"""

GROWING_AND_ENDLESS = """
REPEAT(s, 1000000000)
REPEAT(s, a)
LPAD(s, 1000000000)
RPAD(s, 1000000000)
LPAD(s, a, 'x')
SPACE(1000000000)
REPLICATE(s, 1000000000)
REPLACE(s, 'a', 'aaaaaaaaaa')
REPLACE(REPLACE(s, 'a', 'aaaa'), 'a', 'aaaa')
REPLACE(s, '', 'x')
REPLACE(s, t, 'x')
REPLACE(s, 'x', t)
CONCAT_WS(s, t, s)
FORMAT('%1000000000d', a)
PRINTF('%1000000000d', a)
TO_CHAR(a, '999')
TRANSLATE(s, 'a', 'b')
OVERLAY(s PLACING t FROM 1)
INSERT(s, 1, 2, t)
STUFF(s, 1, 2, t)
SUBSTRING(s, a, b)
SUBSTRING(s, -5, 3)
LEFT(s, a)
LEFT(s, -1)
LEFT(s, 1e9)
RIGHT(s, 99999999999)
SPLIT_PART(s, t, 1)
SPLIT_PART(s, ',', 0)
SPLIT(s, ',')
STRING_SPLIT(s, ',')
REGEXP_LIKE(s, '(a+)+$')
REGEXP_REPLACE(s, '(a+)+', 'x')
REGEXP_EXTRACT(s, '(a+)+')
REGEXP_MATCHES(s, t)
s ~ '(a+)+$'
s RLIKE '(a+)+$'
s REGEXP 'x'
s SIMILAR TO 'x'
s GLOB 'x*'
s LIKE t
s LIKE 'x' ESCAPE '!'
s LIKE ANY ('a', 'b')
1e999
a + 1e400
a * 99999e99999
POWER(a, b)
POWER(2, a)
a ** b
a ^ 2
a << 3
a >> 1
a & b
a | b
~a
a // b
a DIV b
FACTORIAL(a)
a !
ROUND(a, b)
ROUND(a, 400)
ROUND(a, -400)
LOG(a)
LOG(a, b)
LOG(7, a)
"""

STRANGE_VALUES = """
INTERVAL '1' DAY
d + INTERVAL '1' DAY
DATE_ADD(d, 1)
DATE_SUB(d, 1)
DATE_TRUNC('month', d)
DATE_PART('year', d)
STRFTIME(d, '%Y')
DATE_FORMAT(d, '%Y')
STRPTIME(s, '%Y')
TO_DATE(s)
TO_TIMESTAMP(s)
d AT TIME ZONE 'UTC'
EXTRACT(NANOSECOND FROM d)
EXTRACT(TIMEZONE FROM d)
EXTRACT(YEAR FROM s)
CAST(s AS DATE)
CAST(d AS VARCHAR)
CAST(a AS BLOB)
CAST(a AS JSON)
CAST(s AS UUID)
CAST(a AS STRUCT<x INT>)
CAST(a AS INT[])
CAST(a AS DECIMAL(10, 2))
CAST(a AS VARCHAR(1000))
CAST(a AS DATE)
CAST('soon' AS DATE)
a::json
a::regclass
ARRAY[1]
[a]
a[1]
s[1]
{'x': a}
MAP(a, b)
STRUCT(a, b)
ROW(a, b)
JSON_EXTRACT(s, '$.x')
JSON_VALUE(s, '$')
s -> 'x'
s ->> 'x'
s #> 'x'
s @> t
PARSE_JSON(s)
XMLELEMENT(s)
x -> x + 1
TRANSFORM(s, x -> x)
FILTER(s, x -> x)
LIST_APPLY(s, x -> x)
N'x'
E'x'
X'41'
b'1'
U&'x'
0x1F
1_000
s COLLATE nocase
BINARY s
MD5(s)
SHA1(s)
SHA256(s)
HASH(s)
HEX(s)
UNHEX(s)
ENCODE(s, 'base64')
DECODE(s, 'base64')
BASE64(s)
CHR(a)
ASCII(s)
SOUNDEX(s)
REVERSE(s)
INITCAP(s)
exec(s)
eval(s)
__import__('os')
os.system('ls')
system('ls')
SHELL('ls')
xp_cmdshell('ls')
SLEEP(10)
pg_sleep(10)
BENCHMARK(1000000, a)
ERROR('x')
RAISE_ERROR('x')
ASSERT(a)
TRY(a / b)
foo(a)
UDF(a)
my.fn(a)
PREDICT(a)
AI_QUERY(s)
LLM(s)
"""

NOT_AN_EXPRESSION = """
(
)
((a)
a)
a +
+
a a
a b c
'a
"a
a "
CASE
CASE WHEN a THEN
CASE WHEN a > 1 THEN 1
CASE END
a IN ()
a IN
a BETWEEN 1
a BETWEEN 1 AND
a IS
a LIKE
NOT
AND a
a AND
a OR OR b
= 1
a = = b
a == = b
WHEN a THEN b
ELSE a
-- nothing
/* nothing */
/* open
;
,
.
1
'x'
NULL
TRUE
1 + 1
CASE WHEN TRUE THEN 1 END
COALESCE(NULL, NULL)
a +* b
a @ b
a # b
a \\ b
a ` b
`a`
print(a)
lambda x: x
a if b else 0
a && b
a || b
!a
a ? 1 : 2
a := 1
a <=> b
a XOR b
import os
<script>alert(1)</script>
{"a": 1}
a\x00b
\u202ea
\x1b[31ma
"""

WRONG_TYPES = """
a + s
s + 1
s * 2
s - t
-s
ABS(s)
SQRT(s)
UPPER(a)
LENGTH(a)
LENGTH(d)
YEAR(a)
YEAR(s)
a > s
a = 'x'
s = 1
s > 1
d > 1
d > 'soon'
d + 1
d * 2
d + d
a AND b
s AND t
NOT a
NOT s
CASE WHEN a THEN 1 END
CASE WHEN s THEN 1 END
CASE WHEN a > 1 THEN 1 ELSE 'x' END
CASE WHEN a > 1 THEN d ELSE a END
COALESCE(a, s)
COALESCE(a, d)
GREATEST(s, t)
GREATEST(a, s)
NULLIF(a, s)
a IN ('x', 'y')
s IN (1, 2)
a IN (b)
a IN (1, 'x')
a BETWEEN 'x' AND 'y'
s LIKE 1
a LIKE 'x'
CONCAT(a, s)
a || s
STARTS_WITH(a, 'x')
TRIM(a)
(a > 1) + 1
(a > 1) > (b > 1)
d - a
a - d
DATEDIFF(a, b)
DATEDIFF(d, 'soon')
ROUND(s)
FLOOR(d)
EXP(a > 1)
"""

FAMILIES = {
    "mix rows": MIX_ROWS,
    "clock and chance": CLOCK_AND_CHANCE,
    "other tables and files": OTHER_TABLES_AND_FILES,
    "wildcards and other names": WILDCARDS_AND_OTHER_NAMES,
    "growing and endless": GROWING_AND_ENDLESS,
    "strange values": STRANGE_VALUES,
    "not an expression": NOT_AN_EXPRESSION,
    "wrong types": WRONG_TYPES,
}
NESTED = {
    "brackets": "(" * 900 + "a" + ")" * 900,
    "not": "NOT " * 480 + "a > 1",
    "minus": "- " * 900 + "a",
    "case": "CASE WHEN a > 1 THEN " * 60 + "a" + " END" * 60,
    "sum": "a" + "+a" * 900,
    "functions": "ABS(" * 300 + "a" + ")" * 300,
    "list": "a IN (" + ",".join("1" * 3 for _ in range(450)) + ")",
}
"""Longer or deeper than any expression need be."""

HOSTILE = [text for family in FAMILIES.values() for text in family.strip("\n").split("\n")]
