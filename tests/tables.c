/*
 * All that is in a database of SQLite as text, for the cases:
 *
 *     tables rosters.db
 *
 * A row's rowid comes first.  A dash stands for null; texts are in quotes.
 */
#include <stdio.h>

#include <sqlite3.h>

static void text_print(const unsigned char *text, int len)
{
	putchar('\'');
	for (int i = 0; i < len; i++)
		if (text[i] == '\'' || text[i] == '\\' || text[i] < ' ')
			printf("\\x%02x", text[i]);
		else
			putchar(text[i]);
	putchar('\'');
}

static void cell_print(sqlite3_stmt *row, int i)
{
	const unsigned char *text;

	switch (sqlite3_column_type(row, i)) {
	case SQLITE_NULL:
		putchar('-');
		break;
	case SQLITE_TEXT:
		text = sqlite3_column_text(row, i);
		text_print(text, sqlite3_column_bytes(row, i));
		break;
	default:
		fputs((const char *)sqlite3_column_text(row, i), stdout);
	}
}

/* Each row of a query in a line. */
static int query_print(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	while (code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			fputs(i ? " " : "", stdout);
			cell_print(row, i);
		}
		putchar('\n');
	}
	return sqlite3_finalize(row);
}

static int table_print(sqlite3 *db, const char *name, const char *declaration)
{
	char *sql = sqlite3_mprintf("SELECT rowid, * FROM \"%w\" ORDER BY rowid", name);
	int code;

	printf("\n%s\n", declaration);
	code = sql ? query_print(db, sql) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return code;
}

static int tables_print(sqlite3 *db)
{
	sqlite3_stmt *tables = NULL;
	int code = sqlite3_prepare_v2(db,
				      "SELECT name, sql FROM sqlite_schema "
				      "WHERE type = 'table' ORDER BY rowid",
				      -1, &tables, NULL);

	while (code == SQLITE_OK && sqlite3_step(tables) == SQLITE_ROW)
		code = table_print(db, (const char *)sqlite3_column_text(tables, 0),
				   (const char *)sqlite3_column_text(tables, 1));
	sqlite3_finalize(tables);
	return code;
}

int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	int code;

	if (argc != 2) {
		fputs("usage: tables DATABASE\n", stderr);
		return 2;
	}
	code = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL);
	if (code == SQLITE_OK)
		code = query_print(db, "SELECT 'format', user_version FROM pragma_user_version");
	if (code == SQLITE_OK)
		code = query_print(db, "SELECT 'integrity', * FROM pragma_integrity_check");
	if (code == SQLITE_OK)
		code = tables_print(db);
	if (code != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(db));
	sqlite3_close(db);
	return code != SQLITE_OK || fflush(stdout) || ferror(stdout);
}
