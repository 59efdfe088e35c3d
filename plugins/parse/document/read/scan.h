/*
 * Going through a document as its layout says: what its rows and claims are,
 * and what is wrong with them.
 *
 * A scan makes records, one for each row and claim, in which every value knows
 * its place in the flat form; a second, quiet scan of the same document makes
 * the same records, which is how a place is found again.
 */
#ifndef DOCUMENT_SCAN_H
#define DOCUMENT_SCAN_H

#include "read/record.h"

/* `scan` has its first group of members set, the rest zeroed.  0, what mu_report()
 * gave, or a positive errno value with a message. */
int scan_run(struct scan *scan);
void scan_release(struct scan *scan);

/* Whether a document has the heading and, behind it, the header of every table that is not
 * optional, or of any when all are.  0, or a positive errno value with a message. */
int scan_recognises(struct scan *scan, bool *yes);

/* The index of the record at a position, or SIZE_MAX. */
size_t scan_find(const struct scan *scan, uint64_t position);

/* The findings that a scan can make. */
#define SCAN_CODES \
	{ "no-table", "The document has no heading of a table that the pipeline describes.", \
	  "Look whether it is the right document; adapt the option begin to the new wording, or " \
	  "mark the table as optional." }, \
		{ "table-twice", \
		  "The heading of a table is there more than once, so it is not certain " \
		  "which table is meant.", \
		  "Make the pattern in the option begin more definite." }, \
		{ "header", \
		  "Under its heading a table has not the header words that the pipeline expects, " \
		  "so its columns may have changed.", \
		  "Compare the columns in the document with those in the pipeline, and adapt " \
		  "these." }, \
		{ "continues", \
		  "Behind the end of a table, which is its last claim or a blank line, there is " \
		  "a line that still reads as a row or a total of it, or looks like one, and was " \
		  "not read.", \
		  "Describe the table so that it ends behind that line: a claim for the totals " \
		  "of groups, another pattern for the last one, or end; or, when the line is none " \
		  "of the table's, list it under skip, or tell with end where the table ends." }, \
		{ "precedes", \
		  "Before the heading of a table there is a line that reads as a row or a total of " \
		  "it, and was not read.", \
		  "Let the option begin match a heading above that line; or list a pattern of the " \
		  "other table's heading under unread, or of the line under skip, so that it is known." }, \
		{ "mentioned", \
		  "Before or behind a table the text names somebody whom no row of it has so, with a " \
		  "number, or another total. It was not read.", \
		  "Look whether the table is complete; describe the sentence as a claim, or list a " \
		  "pattern of it under unread, so that it is known." }, \
		{ "unread-table", \
		  "Outside of the tables that were read there is a header with their words.", \
		  "Describe the table; or list a pattern of its heading or header under unread, " \
		  "so that it is known and not read." }, \
		{ "no-end", "The line that ends a table is not there.", \
		  "Look whether the document is complete; adapt the option end, or the claim " \
		  "marked last." }, \
		{ "no-rows", "A table has a heading and a header but no row.", \
		  "Look whether the document is complete." }, \
		{ "unrecognised", \
		  "A line in a table is neither a row nor anything else that the pipeline " \
		  "describes.", \
		  "Mend the line; or describe it: as a claim, as a line to skip, as page " \
		  "furniture or " \
		  "the table's end; a name may be missing in the vocabulary." }, \
		{ "undecided", "A line of a table can be cut into its cells in several ways.", \
		  "Give a column a vocabulary, add the name to the reference list, or keep the " \
		  "gaps between " \
		  "the columns when the text is extracted." }, \
		{ "integer", "A cell is no whole number.", \
		  "Correct the cell; set words: true when the column has numbers in words, or " \
		  "list the text " \
		  "under missing when it means unknown." }, \
		{ "number", "A cell is no number.", \
		  "Correct the cell, or list the text under missing when it means unknown." }, \
		{ "boolean", "A cell is neither true nor false.", \
		  "Correct the cell, or make the column's type string." }, \
		{ "date", \
		  "A text is no date with day, month and year as the document's language writes " \
		  "it, or in no year from 1945 to 2100.", \
		  "Correct the text, or give the column a format." }, \
		{ "empty", "A row of a table has no value in a column.", \
		  "Look into the document; where an empty cell means 0 or unknown, list '' under " \
		  "zero or missing." }, \
		{ "name", "The document's name says another date than the document.", \
		  "The document is right; look whether it is the one that was meant." }, \
		{ "name-alone", "The document prints no date; the one in its name was taken.", \
		  "Look whether the document was named by somebody who knew." }, \
		{ "negative", "A count is below zero.", \
		  "Correct the cell; a column that is no count should not be a measure." }, \
		{ "overflow", "A whole number is too large for 64 bits.", "Correct the cell." }, \
		{ "claim-missing", "A table has not the line that states its total.", \
		  "Look whether the document is complete; adapt the claim's pattern, or mark it " \
		  "as optional." }, \
		{ "claim-absent", \
		  "The text has not the sentence that states a number, or has it in other words; " \
		  "what it states was not checked.", \
		  "Adapt the claim's pattern to the new wording, or mark it as optional; with a cue " \
		  "an optional one is missed only where its words are." }, \
		{ "claim-ambiguous", "The text states a number several times, and not the same.", \
		  "Make the claim's pattern more definite, or ask the author which is right." }, \
	{ \
		"claim-value", \
			"A line or sentence that states a total has no readable number, or more " \
			"than it should.", \
			"Correct it, or adapt the claim's pattern." \
	}

#endif
