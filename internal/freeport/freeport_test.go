package freeport

import (
	"net"
	"testing"
)

func TestAnAddressIsGivenOnce(t *testing.T) {
	var at string
	t.Run("while its test runs", func(t *testing.T) {
		at = Address(t)
		if claim(t, at) {
			t.Errorf("%s is given twice", at)
		}
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if claim(t, at) {
			t.Errorf("%s is given to another when its program is down", at)
		}
	})
	if !claim(t, at) {
		t.Errorf("%s is not given again", at)
	}
}

func TestNobodyListensThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // nobody came
	if claim(t, l.Addr().String()) {
		t.Error("an address at which somebody listens is given")
	}
}
