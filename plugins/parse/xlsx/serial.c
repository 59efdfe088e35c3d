#include "xlsx.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/*
 * Days are counted from 1 for 1900-01-01, with a 29 February 1900 that never was, or
 * from 0 for 1904-01-01 (ECMA-376, part 1, 18.17.4.1).
 */
enum {
	DAY_MS = 86400000,
	DAYS_1900 = 25568, /* from the day 0 to 1970-01-01, before the day that never was */
	DAYS_1904 = 24107,
	LEAP_1900 = 60,
	LAST_DAY = 2958465, /* 9999-12-31, of those from 1900 */
};

static void serial_wrong(struct cell *out, const char *why)
{
	*out = (struct cell){ .kind = CELL_ERROR, .text = mu_string(why) };
}

/* Hours, minutes and seconds; milliseconds where there are some. */
static void serial_time(double serial, struct cell *out, char space[MU_FORMAT_MAX])
{
	uint64_t ms = (uint64_t)round(fabs(serial) * DAY_MS);
	int len = snprintf(space, MU_FORMAT_MAX, "%s%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
			   serial < 0 ? "-" : "", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);

	if (ms % 1000)
		len += snprintf(space + len, MU_FORMAT_MAX - (size_t)len, ".%03" PRIu64, ms % 1000);
	*out = (struct cell){ .kind = CELL_TEXT, .text = { space, (size_t)len } };
}

void serial_read(double serial, enum look look, bool from_1904, struct cell *out,
		 char space[MU_FORMAT_MAX])
{
	double day = floor(serial);
	int64_t ms = llround((serial - day) * DAY_MS);

	if (look == LOOK_ELAPSED && fabs(serial) <= LAST_DAY) {
		serial_time(serial, out, space);
		return;
	}
	if (look == LOOK_TIME && serial >= 0 && serial < 1) {
		serial_time(serial, out, space);
		return;
	}
	if (!(serial >= !from_1904) || day > (from_1904 ? LAST_DAY - 1462 : LAST_DAY)) {
		serial_wrong(out, "a date that no calendar has");
		return;
	}
	if (ms == DAY_MS) {
		ms = 0;
		day++;
	}
	if (!from_1904 && day == LEAP_1900) {
		serial_wrong(out, "29 February 1900, which never was");
		return;
	}
	*out = (struct cell){ .kind = CELL_DATE, .milliseconds = (int32_t)ms };
	out->days = (int32_t)day - (from_1904 ? DAYS_1904 : DAYS_1900 + (day > LEAP_1900));
}
