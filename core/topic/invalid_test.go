package topic

import (
	"errors"
	"strings"
	"testing"
)

// checkRefusal checks what every refusal has in common.
func checkRefusal(t testing.TB, err error) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("not an *InvalidError: %v", err)
	}
	if invalid.Code == "" || invalid.Message == "" || strings.Contains(invalid.Message, "%!") {
		t.Errorf("refusal %+v", invalid)
	}
}

// refusal is the first line of what err says, with its code; "" of no error.
func refusal(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	checkRefusal(t, err)
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
