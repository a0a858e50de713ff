package notify

import (
	"net/netip"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, test := range []struct{ address, kind string }{
		{"1.1.1.1", ""},
		{"52.95.110.1", ""},
		{"2600:1f18::1", ""},
		{"2a00:1450:4001:82b::200e", ""},
		{"64:ff9b::101:101", ""},         // 1.1.1.1
		{"2002:101:101::1", ""},          // 1.1.1.1
		{"::ffff:1.1.1.1", ""},           //
		{"0.0.0.0", "unspecified"},       //
		{"0.1.2.3", "reserved"},          //
		{"10.1.2.3", "private"},          //
		{"100.64.0.1", "carrier's"},      //
		{"100.127.255.255", "carrier's"}, //
		{"100.128.0.1", ""},              //
		{"100.100.100.200", "metadata"},  //
		{"127.0.0.1", "loopback"},        //
		{"127.255.255.254", "loopback"},  //
		{"169.254.169.254", "metadata"},  //
		{"169.254.170.2", "metadata"},    //
		{"169.254.1.1", "link-local"},    //
		{"168.63.129.16", "metadata"},    //
		{"172.15.255.255", ""},           //
		{"172.16.0.1", "private"},        //
		{"172.31.255.255", "private"},    //
		{"172.32.0.1", ""},               //
		{"192.0.0.1", "reserved"},        //
		{"192.0.0.192", "metadata"},      //
		{"192.168.255.255", "private"},   //
		{"198.19.0.1", "benchmark"},      //
		{"224.0.0.1", "multicast"},       //
		{"239.255.255.250", "multicast"}, //
		{"240.0.0.1", "reserved"},        //
		{"255.255.255.255", "reserved"},  //
		{"::", "unspecified"},            //
		{"::1", "loopback"},              //
		{"::7f00:1", "reserved"},         // IPv4-compatible 127.0.0.1
		{"fe80::1", "link-local"},        //
		{"fe80::1%eth0", "link-local"},   //
		{"fec0::1", "private"},           //
		{"fc00::1", "private"},           //
		{"fd12:3456::1", "private"},      //
		{"fd00:ec2::254", "metadata"},    //
		{"fd20:ce::254", "metadata"},     //
		{"ff02::1", "multicast"},         //
		{"100::1", "reserved"},           //
		{"2001:db8::1", "documentation"}, //
		{"2001::1", "reserved"},          // Teredo
		{"64:ff9b:1::a00:1", "private"},  //
		{"::ffff:127.0.0.1", "loopback"},
		{"::ffff:169.254.169.254", "metadata"},
		{"::ffff:10.0.0.1", "private"},
		{"64:ff9b::7f00:1", "loopback"},
		{"64:ff9b::a9fe:a9fe", "metadata"},
		{"64:ff9b::c0a8:1", "private"},
		{"2002:7f00:1::", "loopback"},
		{"2002:a9fe:a9fe::1", "metadata"},
		{"2002:a00:1::1", "private"},
		{"2600::5efe:10.0.0.1", "private"},       // ISATAP
		{"2600::200:5efe:127.0.0.1", "loopback"}, // ISATAP
	} {
		err := guard{}.check(netip.MustParseAddr(test.address))
		if (err == nil) != (test.kind == "") || err != nil && !strings.Contains(err.Error(), "a "+test.kind+" address") {
			t.Errorf("%s: %v, want %q", test.address, err, test.kind)
		}
	}
}

func TestGuardAllows(t *testing.T) {
	g := guard{allowed: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}}
	for address, allowed := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "64:ff9b::a01:203": true, "2002:a01:203::1": true, "fd00:1::1": true,
		"10.2.0.1": false, "127.0.0.1": false, "::ffff:10.2.0.1": false, "fd00:2::1": false, "2600::5efe:10.2.0.1": false,
		"1.1.1.1": true,
	} {
		if err := g.check(netip.MustParseAddr(address)); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// What cannot be read as an address is not connected to.
func TestGuardOddAddress(t *testing.T) {
	for _, address := range []string{"", "localhost:80", "127.0.0.1", "/run/socket"} {
		if (guard{}).control("tcp", address, nil) == nil {
			t.Errorf("%q let through", address)
		}
	}
}

// Addresses of every form that embeds an IPv4 address are judged as that is.
func FuzzGuardEmbedded(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1})
	f.Add([]byte{169, 254, 169, 254})
	f.Add([]byte{8, 8, 8, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != 4 {
			return
		}
		v4 := netip.AddrFrom4([4]byte(b))
		refused := guard{}.check(v4) != nil
		for _, form := range [][16]byte{
			netip.MustParseAddr("::ffff:" + v4.String()).As16(),
			netip.MustParseAddr("64:ff9b::" + v4.String()).As16(),
			{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1},
			netip.MustParseAddr("2600::5efe:" + v4.String()).As16(),
		} {
			if a := netip.AddrFrom16(form); refused != ((guard{}).check(a) != nil) {
				t.Errorf("%s and %s are judged differently", v4, a)
			}
		}
	})
}
