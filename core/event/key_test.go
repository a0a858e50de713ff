package event

import (
	"testing"
	"time"
)

func TestParseKey(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const log = "AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz"
	plain := Key{Account: "111122223333", Kind: LogFiles, Region: "us-east-1", Time: at("2023-07-10T11:45:00Z"), Unique: "7xgocspSowgK0Gto"}
	with := func(change func(*Key)) Key {
		k := plain
		change(&k)
		return k
	}
	for key, want := range map[string]Key{
		log:                     plain,
		log[:len(log)-3]:        plain, // unpacked
		"trails/prod/" + log:    with(func(k *Key) { k.Prefix = "trails/prod" }),
		"/var/x/AWSLogs/" + log: with(func(k *Key) { k.Prefix = "/var/x/AWSLogs" }),
		"p/AWSLogs/o-abc123" + log[len("AWSLogs"):]: with(func(k *Key) { k.Prefix, k.OrganizationID = "p", "o-abc123" }),
		"AWSLogs/111122223333/CloudTrail/cn-north-1/2024/02/29/111122223333_CloudTrail_cn-north-1_20240229T0000Z_a.json.gz": {
			Account: "111122223333", Kind: LogFiles, Region: "cn-north-1", Time: at("2024-02-29T00:00:00Z"), Unique: "a",
		},
		"AWSLogs/111122223333/CloudTrail-Insight/us-gov-west-1/2024/12/31/111122223333_CloudTrail-Insight_us-gov-west-1_20241231T2355Z_B.json.gz": {
			Account: "111122223333", Kind: InsightsFiles, Region: "us-gov-west-1", Time: at("2024-12-31T23:55:00Z"), Unique: "B",
		},
		"o/AWSLogs/o-x/111122223333/CloudTrail-Digest/us-east-2/2015/08/17/111122223333_CloudTrail-Digest_us-east-2_my_trail_eu-west-1_20150817T150131Z.json.gz": {
			Prefix: "o", OrganizationID: "o-x", Account: "111122223333", Kind: DigestFiles, Region: "us-east-2",
			Time: at("2015-08-17T15:01:31Z"), Trail: "my_trail", Home: "eu-west-1",
		},
	} {
		if got, ok := ParseKey(key); !ok || got != want {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", key, got, ok, want)
		}
	}
	for _, key := range []string{
		"", "/", "x.json.gz", log[len("AWSLogs/"):], "AWSLogs/111122223333/CloudTrail/",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/",
		"AWSLogs/11112222333/CloudTrail/us-east-1/2023/07/10/11112222333_CloudTrail_us-east-1_20230710T1145Z_7.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/11/111122223333_CloudTrail_us-east-1_20230710T1145Z_7.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-2_20230710T1145Z_7.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1145Z_.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1145.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1145Z_7.csv",
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2023/07/10/111122223333_CloudTrail-Digest_us-east-1_20230710T114500Z.json.gz",
		"AWSLogs/111122223333/Config/us-east-1/2023/07/10/111122223333_Config_us-east-1_20230710T1145Z_7.json.gz",
		"AWSLogs/111122223333/vpcflowlogs/us-east-1/2023/07/10/111122223333_vpcflowlogs_us-east-1_fl-1_20230710T1145Z_7.log.gz",
	} {
		if got, ok := ParseKey(key); ok {
			t.Errorf("%s was read as %+v", key, got)
		}
	}
}
