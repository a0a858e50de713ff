// Package freeport finds an address for a program that a test starts.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Address is one of this machine's own at which nobody listens. Its port is below those
// that the system gives to connections, so that it stays free until somebody listens
// there, and while that one is down.
func Address(t testing.TB) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(17_000)))
		if err != nil {
			continue // somebody is there
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}
