/* fetch/http: which addresses are those of everybody. */
#include <check.h>
#include <stdlib.h>

#include "../plugins/fetch/http/address.c"

static const char *special(const char *text)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_special((const struct sockaddr *)&four);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return address_special((const struct sockaddr *)&six);
}

static const struct {
	const char *address, *kind;
} addresses[] = {
	{ "0.0.0.0", unspecified },
	{ "0.255.255.255", unspecified },
	{ "1.0.0.0", NULL },
	{ "9.255.255.255", NULL },
	{ "10.0.0.0", private },
	{ "10.255.255.255", private },
	{ "11.0.0.0", NULL },
	{ "100.63.255.255", NULL },
	{ "100.64.0.0", shared },
	{ "100.127.255.255", shared },
	{ "100.128.0.0", NULL },
	{ "126.255.255.255", NULL },
	{ "127.0.0.1", loopback },
	{ "127.255.255.255", loopback },
	{ "128.0.0.0", NULL },
	{ "169.253.255.255", NULL },
	{ "169.254.169.254", local },
	{ "169.255.0.0", NULL },
	{ "172.15.255.255", NULL },
	{ "172.16.0.0", private },
	{ "172.31.255.255", private },
	{ "172.32.0.0", NULL },
	{ "192.0.0.8", reserved },
	{ "192.0.1.0", NULL },
	{ "192.0.2.1", documentation },
	{ "192.0.3.0", NULL },
	{ "192.88.99.1", reserved },
	{ "192.167.255.255", NULL },
	{ "192.168.0.0", private },
	{ "192.169.0.0", NULL },
	{ "198.17.255.255", NULL },
	{ "198.18.0.0", benchmark },
	{ "198.19.255.255", benchmark },
	{ "198.20.0.0", NULL },
	{ "198.51.100.7", documentation },
	{ "203.0.113.7", documentation },
	{ "223.255.255.255", NULL },
	{ "224.0.0.1", multicast },
	{ "239.255.255.255", multicast },
	{ "240.0.0.0", reserved },
	{ "255.255.255.255", reserved },
	{ "::", unspecified },
	{ "::1", loopback },
	{ "::2", reserved },
	{ "::127.0.0.1", reserved },
	{ "::ffff:127.0.0.1", loopback },
	{ "::ffff:10.1.2.3", private },
	{ "::ffff:8.8.8.8", NULL },
	{ "::ffff:0:127.0.0.1", loopback },
	{ "::ffff:0:8.8.8.8", NULL },
	{ "64:ff9b::127.0.0.1", loopback },
	{ "64:ff9b::169.254.169.254", local },
	{ "64:ff9b::8.8.8.8", NULL },
	{ "64:ff9b:1::8.8.8.8", private },
	{ "100::1", reserved },
	{ "1fff:ffff::", reserved },
	{ "2000::", NULL },
	{ "2001:0:7f00:1::", loopback },              /* Teredo, of a server here */
	{ "2001:0:808:808:0:0:80ff:fffe", loopback }, /* and of a client here */
	{ "2001:0:808:808:0:0:f7f7:f7f7", NULL },
	{ "2001:2::1", benchmark },
	{ "2001:2:1::1", reserved },
	{ "2001:1ff:ffff::", reserved },
	{ "2001:200::", NULL },
	{ "2001:4860:4860::8888", NULL },
	{ "2001:db7:ffff::", NULL },
	{ "2001:db8::1", documentation },
	{ "2001:db9::", NULL },
	{ "2002:7f00:1::", loopback },
	{ "2002:c0a8:101::1", private },
	{ "2002:808:808::1", NULL },
	{ "3ffe:ffff::", NULL },
	{ "3fff:fff:ffff::", documentation },
	{ "3fff:1000::", NULL },
	{ "4000::", reserved },
	{ "5f00::1", reserved },
	{ "fbff:ffff::", reserved },
	{ "fc00::", private },
	{ "fdff:ffff::1", private },
	{ "fe00::1", reserved },
	{ "fe80::1", local },
	{ "febf:ffff::1", local },
	{ "fec0::1", private },
	{ "ff02::1", multicast },
};

START_TEST(an_address_is_of_everybody_or_special)
{
	const char *found = special(addresses[_i].address);

	ck_assert_msg(found == addresses[_i].kind, "%s: %s", addresses[_i].address,
		      found ? found : "of everybody");
}
END_TEST

static const struct {
	const char *host, *kind;
} hosts[] = {
	{ "127.0.0.1", loopback },
	{ "8.8.8.8", NULL },
	{ "[::1]", loopback },
	{ "[::ffff:10.0.0.1]", private },
	{ "[2001:4860:4860::8888]", NULL },
	{ "[fe80::1%25eth0]", local },
	{ "[v7.x]", reserved },
	{ "[", reserved },
	{ "[2001:4860:4860:2001:4860:4860:2001:4860:4860:2001:4860:4860]", reserved },
	{ "localhost", loopback },
	{ "LocalHost.", loopback },
	{ "a.localhost", loopback },
	{ "notlocalhost", NULL },
	{ "localhost.example.org", NULL },
	{ ".", NULL },
	{ "", NULL },
};

START_TEST(a_host_that_is_written_as_an_address_is_one)
{
	const char *found = address_special_host(hosts[_i].host);

	ck_assert_msg(found == hosts[_i].kind, "%s: %s", hosts[_i].host,
		      found ? found : "of everybody");
}
END_TEST

START_TEST(what_is_no_address_of_the_internet_is_refused)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	char shown[ADDRESS_SHOWN];

	ck_assert_str_eq(address_special(&other), "no address of the internet");
	address_show(&other, shown);
	ck_assert_str_eq(shown, "an unknown address");
	ck_assert(!address_equal(&other, &other));
}
END_TEST

START_TEST(addresses_are_equal_with_their_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(80),
				 .sin_addr.s_addr = htonl(0x7f000001) },
			   b = a;
	struct sockaddr_in6 c = { .sin6_family = AF_INET6, .sin6_port = htons(80) }, d = c;
	char shown[ADDRESS_SHOWN];

	ck_assert(address_equal((const void *)&a, (const void *)&b));
	ck_assert(address_equal((const void *)&c, (const void *)&d));
	ck_assert(!address_equal((const void *)&a, (const void *)&c));
	b.sin_port = htons(81);
	d.sin6_port = htons(81);
	ck_assert(!address_equal((const void *)&a, (const void *)&b));
	ck_assert(!address_equal((const void *)&c, (const void *)&d));
	address_show((const void *)&a, shown);
	ck_assert_str_eq(shown, "127.0.0.1");
	address_show((const void *)&c, shown);
	ck_assert_str_eq(shown, "::");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_address");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, an_address_is_of_everybody_or_special, 0,
			    sizeof addresses / sizeof *addresses);
	tcase_add_loop_test(tcase, a_host_that_is_written_as_an_address_is_one, 0,
			    sizeof hosts / sizeof *hosts);
	tcase_add_test(tcase, what_is_no_address_of_the_internet_is_refused);
	tcase_add_test(tcase, addresses_are_equal_with_their_port);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
