package acceptance

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"tocsin/internal/freeport"
	"tocsin/internal/sdkhttp"
)

// notAtMoto are the links that cannot be broken there.
var notAtMoto = map[string]string{
	"a name missing":       "moto keeps the filter that PutMetricFilter replaces",
	"actions that are off": "moto has no DisableAlarmActions",
}

// TestAuditOfMoto breaks the same links at somebody else's idea of AWS. It has no
// mute rules to ask for and delivers nothing into log groups, so that a chain that
// nobody broke is not FAILED there, and not PASSED either.
func TestAuditOfMoto(t *testing.T) {
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed")
	}
	address := freeport.Address(t)
	_, port, _ := strings.Cut(address, ":")
	ctx, cancel := context.WithCancel(t.Context())
	server := exec.CommandContext(ctx, path, "-p", port)
	out, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Skip("moto_server is not installed: ", err)
	}
	lines, read := bufio.NewScanner(out), make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-read
		_ = server.Wait() // it was killed
	})
	runs := make(chan bool, 1)
	go func() {
		defer close(read)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "Running on") {
				runs <- true
			}
		}
		close(runs)
	}()
	if !<-runs {
		t.Skip("moto_server is not installed as it should be: it ended at once")
	}
	endpoint := "http://" + address
	cfg := aws.Config{
		Region: region, BaseEndpoint: &endpoint, HTTPClient: sdkhttp.Client(nil), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
	environ := []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "HOME=" + t.TempDir(),
	}
	c := newChain(t, cfg, environ, func() {}, func(o *cloudwatch.Options) {
		o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) // it does not know CBOR
	})
	untouched := func() {
		t.Helper()
		c.finds("NOT_AVAILABLE", "cloudwatch:ListAlarmMuteRules")
	}
	untouched()
	for _, l := range c.links() {
		if why := notAtMoto[l.name]; why != "" {
			t.Logf("%s: %s", l.name, why)
			continue
		}
		l.breaks()
		if f := c.finds("FAILED", l.summary); f.Mend == nil {
			t.Errorf("%s: no mend", l.name)
		}
		l.heals()
	}
	untouched()
}
