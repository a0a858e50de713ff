// Package freeport finds an address for a program that a test starts.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Address is one of this machine's own at which nobody listens. Its port is below those
// that the system gives to connections, so that it stays free until somebody listens
// there, and while that one is down. No other test is given it, in this process or
// another, until t ends.
func Address(t testing.TB) string {
	t.Helper()
	for range 1000 {
		at := net.JoinHostPort("127.0.0.1", strconv.Itoa(15_000+rand.IntN(17_000)))
		if claim(t, at) {
			return at
		}
	}
	t.Fatal("no port is free")
	return ""
}

// claim tells that nobody listens at an address, and has it until t ends: the port of
// UDP of the same number, which nobody else needs, stands for it.
func claim(t testing.TB, address string) bool {
	t.Helper()
	claimed, err := net.ListenPacket("udp", address)
	if err != nil {
		return false // it is another test's
	}
	l, err := net.Listen("tcp", address)
	if err == nil {
		err = l.Close()
	}
	if err != nil { // somebody is there
		_ = claimed.Close() // nothing was sent to it
		return false
	}
	t.Cleanup(func() {
		if err := claimed.Close(); err != nil {
			t.Error(err)
		}
	})
	return true
}
