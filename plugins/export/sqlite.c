/*
 * The dataset as a database of SQLite:
 *
 *     - export: sqlite
 *       path: rosters.db
 *       table: rosters
 *
 * makes three STRICT tables:
 *
 *     rosters      the rows.  Dates are text as 2023-11-24, booleans 0 and 1;
 *                  NOT NULL and PRIMARY KEY are those of the pipeline's schema.
 *     _document    id, source, uri, sha256, bytes, media_type of each document.
 *     _provenance  for each row, by its rowid, where it was read: document,
 *                  page, line, column, cell, and the text of the line or row there.
 *
 * Where a number comes from:
 *
 *     SELECT r.mission, r.headcount, d.uri, p.line, p.text FROM rosters r
 *     JOIN _provenance p ON p.row = r.rowid JOIN _document d ON d.id = p.document
 *
 * The same rows give the same bytes, as long as the version of SQLite is the same.
 */
#include <math.h>
#include <stdio.h>

#include <sqlite3.h>

#include <muster/table.h>

#define FORMAT 1 /* of the tables; the database's user_version */

struct self {
	const char *path, *table;

	sqlite3 *db;
	sqlite3_stmt *row, *provenance;
	int64_t n_columns;
	struct mu_column *columns; /* of the batch at hand */
};

static const struct mu_option options[] = {
	MU_OPT_OUTPUT(struct self, path, .required = true,
		      .help = "file to write, relative to the output folder"),
	MU_OPT_TEXT(struct self, table, .fallback = "dataset", .help = "name of the table"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "zero-byte",
	  "A text holds a zero byte. The database has all of it, but many programs that read "
	  "one show a text only as far as that.",
	  "Take the zero byte out of the source." },
	{ 0 },
};

/* Says what SQLite has to say, with an errno value to match. */
static int sqlite_fail(struct mu_ctx *ctx, const struct self *self)
{
	static const struct {
		int code, err;
	} pairs[] = {
		{ SQLITE_NOMEM, ENOMEM },    { SQLITE_FULL, ENOSPC }, { SQLITE_TOOBIG, EFBIG },
		{ SQLITE_CONSTRAINT, EDOM }, { SQLITE_PERM, EACCES }, { SQLITE_READONLY, EROFS },
	};
	int code = sqlite3_errcode(self->db) & 0xff, err = EIO; /* NULL is out of memory */

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].code == code)
			err = pairs[i].err;
	return mu_fail(ctx, err, "%s: %s", self->path, sqlite3_errmsg(self->db));
}

static int sql_run(struct mu_ctx *ctx, const struct self *self, const char *sql)
{
	return sqlite3_exec(self->db, sql, NULL, NULL, NULL) ? sqlite_fail(ctx, self) : 0;
}

static int sql_prepare(struct mu_ctx *ctx, const struct self *self, const char *sql,
		       sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(self->db, sql, -1, out, NULL) ? sqlite_fail(ctx, self) : 0;
}

static int statement_run(struct mu_ctx *ctx, const struct self *self, sqlite3_stmt *statement)
{
	sqlite3_step(statement);
	return sqlite3_reset(statement) ? sqlite_fail(ctx, self) : 0;
}

/* NULL is unknown; borrowed until the statement has run. */
static int text_bind(sqlite3_stmt *statement, int parameter, const char *text, size_t len)
{
	if (!text)
		return sqlite3_bind_null(statement, parameter);
	return sqlite3_bind_text64(statement, parameter, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

static int string_bind(sqlite3_stmt *statement, int parameter, const char *text)
{
	return text_bind(statement, parameter, text, text ? strlen(text) : 0);
}

/* Zero is unknown. */
static int count_bind(sqlite3_stmt *statement, int parameter, uint64_t count)
{
	if (!count)
		return sqlite3_bind_null(statement, parameter);
	return sqlite3_bind_int64(statement, parameter, (sqlite3_int64)count);
}

static int sqlite_configure(struct mu_ctx *ctx, void *data)
{
	struct self *self = data;

	if (!*self->table)
		return mu_invalid(ctx, &self->table, "a table needs a name");
	if (!sqlite3_strnicmp(self->table, "sqlite_", 7) ||
	    !sqlite3_stricmp(self->table, "_document") ||
	    !sqlite3_stricmp(self->table, "_provenance"))
		return mu_invalid(ctx, &self->table, "the name '%s' is taken; choose another one",
				  self->table);
	return 0;
}

static bool is_listed(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool is_never_null(const struct mu_table_schema *schema, const char *name)
{
	for (size_t i = 0; schema && i < schema->n_fields; i++)
		if (!strcmp(schema->fields[i].name, name) && schema->fields[i].required)
			return true;
	return schema && is_listed(name, schema->primary_key);
}

static void column_declare(sqlite3_str *sql, const struct ArrowSchema *column, bool never_null)
{
	static const char *const types[] = {
		[MU_STRING] = "TEXT",     [MU_INTEGER] = "INTEGER", [MU_NUMBER] = "REAL",
		[MU_BOOLEAN] = "INTEGER", [MU_DATE] = "TEXT",
	};
	enum mu_data type = mu_schema_type(column);

	sqlite3_str_appendf(sql, "\t\"%w\" %s%s", column->name, types[type],
			    never_null ? " NOT NULL" : "");
	if (type == MU_BOOLEAN)
		sqlite3_str_appendf(sql, " CHECK (\"%w\" IN (0, 1))", column->name);
	else if (type == MU_DATE)
		sqlite3_str_appendf(sql, " CHECK (\"%w\" IS date(\"%w\"))", column->name,
				    column->name);
}

static char *table_sql(const struct mu_ctx *ctx, const struct self *self)
{
	const struct mu_table_schema *schema = ctx->table_schema;
	const char *const *key = schema ? schema->primary_key : NULL;
	sqlite3_str *sql = sqlite3_str_new(self->db);

	sqlite3_str_appendf(sql, "CREATE TABLE \"%w\" (\n", self->table);
	for (int64_t i = 0; i < self->n_columns; i++) {
		const struct ArrowSchema *column = ctx->schema->children[i];

		if (i)
			sqlite3_str_appendall(sql, ",\n");
		column_declare(sql, column, is_never_null(schema, column->name));
	}
	for (size_t i = 0; key && key[i]; i++)
		sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : ",\n\tPRIMARY KEY (", key[i]);
	sqlite3_str_appendf(sql, "%s\n) STRICT", key && key[0] ? ")" : "");
	return sqlite3_str_finish(sql);
}

static char *insert_sql(const struct self *self)
{
	sqlite3_str *sql = sqlite3_str_new(self->db);

	sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES (", self->table);
	for (int64_t i = 0; i < self->n_columns; i++)
		sqlite3_str_appendall(sql, i ? ", ?" : "?");
	sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}

/* Nothing is to be recovered from a file that was not finished, so there is no
 * journal, and the runner sees to it that the disk has what is published. */
static int tables_make(struct mu_ctx *ctx, const struct self *self)
{
	static const char settings[] =
		"PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8';"
		"PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = OFF;"
		"PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = OFF;";
	static const char rest[] =
		"CREATE TABLE _document (\n\tid INTEGER PRIMARY KEY,\n\tsource TEXT,\n"
		"\turi TEXT,\n\tsha256 TEXT,\n\tbytes INTEGER,\n\tmedia_type TEXT\n) STRICT;"
		"CREATE TABLE _provenance (\n\t\"row\" INTEGER PRIMARY KEY,\n"
		"\tdocument INTEGER REFERENCES _document (id),\n\tpage INTEGER,\n"
		"\tline INTEGER,\n\t\"column\" INTEGER,\n\tcell TEXT,\n\ttext TEXT\n) STRICT;";
	char version[64], *sql;
	int err = sql_run(ctx, self, settings);

	if (err)
		return err;
	snprintf(version, sizeof version, "BEGIN; PRAGMA user_version = %d;", FORMAT);
	err = sql_run(ctx, self, version);
	if (err)
		return err;
	sql = table_sql(ctx, self);
	err = sql ? sql_run(ctx, self, sql) : mu_fail(ctx, ENOMEM, "out of memory");
	sqlite3_free(sql);
	return err ? err : sql_run(ctx, self, rest);
}

static int columns_check(struct mu_ctx *ctx, struct self *self)
{
	const struct mu_table_schema *schema = ctx->table_schema;
	const char *const *key = schema ? schema->primary_key : NULL;

	self->n_columns = mu_schema_visible(ctx->schema);
	if (!self->n_columns)
		return mu_fail(ctx, EINVAL, "a table needs columns, and the rows have none");
	self->columns = mu_alloc(ctx, (size_t)self->n_columns * sizeof *self->columns);
	for (; key && *key; key++) {
		int64_t at = mu_schema_find(ctx->schema, *key);

		if (at < 0 || at >= self->n_columns)
			return mu_fail(ctx, EINVAL,
				       "the schema's primary key names '%s', which is "
				       "no column of the rows",
				       *key);
	}
	return 0;
}

static int sqlite_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct self *self = data;
	const char *staged;
	char *sql;
	int err;

	(void)out;
	err = columns_check(ctx, self);
	if (!err)
		err = mu_output(ctx, self->path, &staged);
	if (err)
		return err;
	if (sqlite3_open_v2(staged, &self->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
		return sqlite_fail(ctx, self);
	err = tables_make(ctx, self);
	if (err)
		return err;
	sql = insert_sql(self);
	err = sql ? sql_prepare(ctx, self, sql, &self->row) : mu_fail(ctx, ENOMEM, "out of memory");
	sqlite3_free(sql);
	if (err)
		return err;
	return sql_prepare(ctx, self, "INSERT INTO _provenance VALUES (?, ?, ?, ?, ?, ?, ?)",
			   &self->provenance);
}

/* The cell to write: its parameter of the statement, its column and row. */
struct bound_cell {
	int parameter;
	const struct mu_column *column;
	int64_t row;
	uint64_t at;
};

static const char *name_of(const struct mu_ctx *ctx, const struct bound_cell *cell)
{
	return ctx->schema->children[cell->parameter - 1]->name;
}

static int zero_byte_report(struct mu_ctx *ctx, const struct bound_cell *cell,
			    struct mu_string text)
{
	struct mu_finding finding = { .severity = MU_WARNING,
				      .code = "zero-byte",
				      .at = cell->at,
				      .field = name_of(ctx, cell),
				      .value = text.data,
				      .value_len = text.len };

	return mu_report(ctx, finding, "%s holds a zero byte, at which many programs will cut it",
			 finding.field);
}

static int text_cell_bind(struct mu_ctx *ctx, const struct self *self,
			  const struct bound_cell *cell)
{
	struct mu_string text = mu_get_string(cell->column, cell->row);

	/* Without length it may be without address. */
	if (text_bind(self->row, cell->parameter, text.len ? text.data : "", text.len))
		return sqlite_fail(ctx, self);
	return text.len && memchr(text.data, '\0', text.len) ? zero_byte_report(ctx, cell, text)
							     : 0;
}

/* SQLite would take what is no number for null. */
static int number_cell_bind(struct mu_ctx *ctx, const struct self *self,
			    const struct bound_cell *cell)
{
	double number = mu_get_number(cell->column, cell->row);

	if (isnan(number))
		return mu_fail(ctx, EDOM, "%s: %s is NaN in a row, which SQLite cannot hold",
			       self->path, name_of(ctx, cell));
	return sqlite3_bind_double(self->row, cell->parameter, number) ? sqlite_fail(ctx, self) : 0;
}

static int cell_bind(struct mu_ctx *ctx, const struct self *self, const struct bound_cell *cell)
{
	const struct mu_column *column = cell->column;
	char space[MU_FORMAT_MAX];
	struct mu_string text;
	int code;

	if (mu_null(column, cell->row)) {
		code = sqlite3_bind_null(self->row, cell->parameter);
	} else if (column->type == MU_STRING) {
		return text_cell_bind(ctx, self, cell);
	} else if (column->type == MU_NUMBER) {
		return number_cell_bind(ctx, self, cell);
	} else if (column->type == MU_INTEGER) {
		code = sqlite3_bind_int64(self->row, cell->parameter,
					  mu_get_integer(column, cell->row));
	} else if (column->type == MU_BOOLEAN) {
		code = sqlite3_bind_int(self->row, cell->parameter,
					mu_get_boolean(column, cell->row));
	} else {
		text = mu_format(column, cell->row, space);
		code = sqlite3_bind_text64(self->row, cell->parameter, text.data, text.len,
					   SQLITE_TRANSIENT, SQLITE_UTF8);
	}
	return code ? sqlite_fail(ctx, self) : 0;
}

/* Where the row that was just written was read. */
static int provenance_write(struct mu_ctx *ctx, const struct self *self, uint64_t at)
{
	sqlite3_stmt *insert = self->provenance;
	struct mu_place place = { 0 };
	int err = mu_locate(ctx, at, NULL, &place);

	if (err)
		return err;
	if (sqlite3_bind_int64(insert, 1, sqlite3_last_insert_rowid(self->db)) ||
	    count_bind(insert, 2, mu_at_document(at)) || count_bind(insert, 3, place.page) ||
	    count_bind(insert, 4, place.line) || count_bind(insert, 5, place.column) ||
	    string_bind(insert, 6, place.cell) || text_bind(insert, 7, place.text, place.text_len))
		return sqlite_fail(ctx, self);
	return statement_run(ctx, self, insert);
}

static int rows_write(struct mu_ctx *ctx, const struct self *self, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int err = 0;

	for (int64_t row = 0; row < batch->length && !err; row++) {
		struct bound_cell cell = { .row = row, .at = mu_row_at(&rows, row) };

		for (int64_t i = 0; i < self->n_columns && !err; i++) {
			cell.parameter = (int)i + 1;
			cell.column = &self->columns[i];
			err = cell_bind(ctx, self, &cell);
		}
		if (!err)
			err = statement_run(ctx, self, self->row);
		if (!err)
			err = provenance_write(ctx, self, cell.at);
	}
	return err;
}

static int document_write(struct mu_ctx *ctx, const struct self *self, sqlite3_stmt *insert,
			  const struct mu_document *document)
{
	const char *sha256;
	int err = mu_sha256(ctx, mu_at(document->id, 0), &sha256);

	if (err)
		return err;
	if (sqlite3_bind_int64(insert, 1, document->id) ||
	    string_bind(insert, 2, document->source) ||
	    string_bind(insert, 3, document->published) || string_bind(insert, 4, sha256) ||
	    sqlite3_bind_int64(insert, 5, (sqlite3_int64)document->bytes) ||
	    string_bind(insert, 6, document->media_type))
		return sqlite_fail(ctx, self);
	return statement_run(ctx, self, insert);
}

static int documents_write(struct mu_ctx *ctx, const struct self *self)
{
	const struct mu_document *document;
	sqlite3_stmt *insert = NULL;
	int err =
		sql_prepare(ctx, self, "INSERT INTO _document VALUES (?, ?, ?, ?, ?, ?)", &insert);

	for (uint32_t id = 1; !err && (document = mu_document(ctx, mu_at(id, 0))); id++)
		err = document_write(ctx, self, insert, document);
	sqlite3_finalize(insert);
	return err;
}

static void statements_end(struct self *self)
{
	sqlite3_finalize(self->row);
	sqlite3_finalize(self->provenance);
	self->row = self->provenance = NULL;
}

static int sqlite_finish(struct mu_ctx *ctx, struct self *self)
{
	int err = documents_write(ctx, self);

	statements_end(self);
	if (!err)
		err = sql_run(ctx, self, "COMMIT");
	if (!err && sqlite3_close(self->db))
		err = sqlite_fail(ctx, self);
	else if (!err)
		self->db = NULL;
	return err;
}

static int sqlite_export(struct mu_ctx *ctx, void *data, const struct ArrowArray *batch)
{
	struct self *self = data;

	if (!batch)
		return sqlite_finish(ctx, self);
	for (int64_t i = 0; i < self->n_columns; i++)
		self->columns[i] = mu_column(ctx->schema, batch, i);
	return rows_write(ctx, self, batch);
}

static void sqlite_stage_close(struct mu_ctx *ctx, void *data)
{
	struct self *self = data;

	(void)ctx;
	statements_end(self);
	sqlite3_close(self->db);
	self->db = NULL;
}

MUSTER_PLUGIN(.name = "sqlite", .summary = "the dataset and where it comes from as an SQLite file",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = sqlite_configure, .open = sqlite_open, .export = sqlite_export,
	      .close = sqlite_stage_close);
