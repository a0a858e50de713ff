package app

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// How long the chain took is told from the start of reading a file to the receipt
// of the notice about it, whenever its events happened.
func TestTheChainIsTimed(t *testing.T) {
	hook := &hook{}
	endpoint := httptest.NewServer(hook)
	defer endpoint.Close()
	c := configured(t, "sources: [dir:logs]\nsubscribe: ['"+endpoint.URL+"/hook']\n")
	logs := filepath.Join(filepath.Dir(c.Path), "logs")
	a, _ := launch(t, c, Options{})
	eventually(t, "the endpoint confirms", func() bool { return confirmed(t, a) == 1 })
	began := time.Now()
	copyTree(t, "../examples/takeover", logs)
	eventually(t, "the endpoint is told", func() bool { return len(hook.told()) >= 8 })
	eventually(t, "the chain is timed", func() bool { return sample(t, a)["tocsin_chain_seconds_count"] >= 8 })
	m := sample(t, a)
	if mean, most := m["tocsin_chain_seconds_sum"]/m["tocsin_chain_seconds_count"], time.Since(began).Seconds(); mean <= 0 || mean > most {
		t.Errorf("a notice took %v s, all of them %v s", mean, most)
	}
}
