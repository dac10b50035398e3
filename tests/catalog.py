"""What a database consists of, to compare two that were made in different ways."""

from psycopg2.extensions import connection as Connection

_CATALOG = """
WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('booking', 'raumpost')),
tables AS (SELECT c.oid, c.relkind, c.oid::regclass::text AS name
           FROM pg_class AS c JOIN ours AS o ON o.oid = c.relnamespace
           WHERE c.oid::regclass::text NOT LIKE '%alembic_version%')
SELECT 'relation' AS what, t.name,
    concat_ws(' ', t.relkind, obj_description(t.oid, 'pg_class'), pg_get_indexdef(i.indexrelid),
        CASE WHEN t.relkind = 'v' THEN pg_get_viewdef(t.oid) END) AS definition
FROM tables AS t LEFT JOIN pg_index AS i ON i.indexrelid = t.oid
UNION ALL
SELECT 'column', t.name || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
FROM pg_attribute AS a
JOIN tables AS t ON t.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped AND t.relkind <> 'i'
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint', t.name || ' ' || k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint AS k JOIN tables AS t ON t.oid = k.conrelid
UNION ALL
SELECT 'function', p.oid::regprocedure::text,
    concat_ws(' ', pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'))
FROM pg_proc AS p JOIN ours AS o ON o.oid = p.pronamespace
UNION ALL
SELECT 'trigger', t.name || ' ' || g.tgname, pg_get_triggerdef(g.oid)
FROM pg_trigger AS g JOIN tables AS t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal
"""


def catalog(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the definition of every table, view, index, column, constraint, function and trigger, with comments."""
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_catalog")
        cursor.execute(_CATALOG)
        return {(what, name): definition for what, name, definition in cursor}
