package notify

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// A guard keeps connections off addresses that are not on the internet, so that
// who may subscribe an endpoint cannot make tocsin speak to the services around
// it. It looks at the address of each connection, after the name was resolved.
type guard struct {
	allowed []netip.Prefix
}

// A refusedError is a connection that the guard did not let through.
type refusedError struct {
	address netip.Addr
	kind    string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("refused to connect to %s, a %s address; name the endpoint in the configuration or allow its network there", e.address, e.kind)
}

// control is for net.Dialer.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to something that is not an address: %w", err)
	}
	return g.check(place.Addr())
}

// check refuses an address if any of its meanings is neither public nor allowed.
func (g guard) check(address netip.Addr) error {
	for _, meaning := range meanings(address.WithZone("")) {
		kind := special(meaning)
		if kind != "" && !slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(meaning) }) {
			return &refusedError{address, kind}
		}
	}
	return nil
}

// meanings are the addresses that packets to an address may come to: an IPv4
// address that is embedded, or else the address itself.
func meanings(a netip.Addr) []netip.Addr {
	if a.Is4() {
		return []netip.Addr{a}
	}
	b := a.As16()
	tail := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case a.Is4In6(), nat64.Contains(a):
		return []netip.Addr{tail}
	case sixToFour.Contains(a):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:6]))}
	case binary.BigEndian.Uint32(b[8:])&^0x02000000 == 0x5efe: // ISATAP, RFC 5214
		return []netip.Addr{a, tail}
	}
	return []netip.Addr{a}
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixToFour = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// special is the kind of an address that is not on the internet, "" of others.
func special(a netip.Addr) string {
	for _, network := range specials {
		if network.prefix.Contains(a) {
			return network.kind
		}
	}
	return ""
}

type specialNetwork struct {
	prefix netip.Prefix
	kind   string
}

// specials are the networks of IANA's special-purpose registries (RFC 6890) and
// what clouds put on public addresses; the first that holds an address names it.
var specials = []specialNetwork{
	{netip.MustParsePrefix("169.254.169.254/32"), "metadata"},
	{netip.MustParsePrefix("169.254.170.2/32"), "metadata"},     // ECS
	{netip.MustParsePrefix("fd00:ec2::/32"), "metadata"},        // EC2
	{netip.MustParsePrefix("fd20:ce::254/128"), "metadata"},     // Google
	{netip.MustParsePrefix("100.100.100.200/32"), "metadata"},   // Alibaba
	{netip.MustParsePrefix("168.63.129.16/32"), "metadata"},     // Azure
	{netip.MustParsePrefix("192.0.0.192/32"), "metadata"},       // Oracle
	{netip.MustParsePrefix("0.0.0.0/32"), "unspecified"},        //
	{netip.MustParsePrefix("0.0.0.0/8"), "reserved"},            // "this network"
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},            //
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier's"},       // RFC 6598
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},          //
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},     //
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},         //
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved"},         //
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},    //
	{netip.MustParsePrefix("192.88.99.0/24"), "reserved"},       // 6to4 relays
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},        //
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmark"},       //
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"}, //
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},  //
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},         //
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},          // with broadcast
	{netip.MustParsePrefix("::/128"), "unspecified"},            //
	{netip.MustParsePrefix("::1/128"), "loopback"},              //
	{netip.MustParsePrefix("::/96"), "reserved"},                // IPv4-compatible
	{netip.MustParsePrefix("64:ff9b:1::/48"), "private"},        // NAT64 of one's own, RFC 8215
	{netip.MustParsePrefix("100::/64"), "reserved"},             // discarded
	{netip.MustParsePrefix("2001::/23"), "reserved"},            // with Teredo
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},   //
	{netip.MustParsePrefix("3fff::/20"), "documentation"},       //
	{netip.MustParsePrefix("5f00::/16"), "reserved"},            // segment routing
	{netip.MustParsePrefix("fc00::/7"), "private"},              //
	{netip.MustParsePrefix("fe80::/10"), "link-local"},          //
	{netip.MustParsePrefix("fec0::/10"), "private"},             // site-local
	{netip.MustParsePrefix("ff00::/8"), "multicast"},            //
}
