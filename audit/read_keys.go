package audit

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func awsManaged(key string) bool { return strings.HasSuffix(key, "alias/aws/sns") }

// readKey asks about a key once, as the account that owns it if its name tells,
// or else as that of its user. The policy takes an id or ARN, which an alias gets
// from DescribeKey.
func (r *reader) readKey(ctx context.Context, name, account, region string, policy bool) {
	if r.account.key(name) != nil {
		return
	}
	k := Key{Name: name}
	if owner := arnPart(name, 4); owner != "" && r.at(ctx, owner, region).err == nil {
		account = owner
	}
	c := r.at(ctx, account, region).KMS
	q := question{"kms:DescribeKey", name, account, region}
	out := ask(ctx, r, q, c != nil, nil, func() (*kms.DescribeKeyOutput, error) {
		return c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(name)})
	})
	id := name
	if out != nil && out.KeyMetadata != nil {
		k.State, k.AWS = string(out.KeyMetadata.KeyState), out.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeAws
		if arn := aws.ToString(out.KeyMetadata.Arn); arn != "" {
			id = arn
		}
	}
	if policy && !k.AWS && !strings.Contains(id, "alias/") {
		q := question{"kms:GetKeyPolicy", name, account, region}
		if out := ask(ctx, r, q, c != nil, nil, func() (*kms.GetKeyPolicyOutput, error) {
			return c.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(id), PolicyName: aws.String("default")})
		}); out != nil {
			k.Policy = out.Policy
		}
	}
	r.account.Keys = append(r.account.Keys, k)
}

// readTrailKeys asks about the keys of the account's own trails of which no recent
// delivery shows that they work.
func (r *reader) readTrailKeys(ctx context.Context) {
	for i := range r.account.Trails {
		t := &r.account.Trails[i]
		if t.KMSKey != "" && t.Account() == r.Account && !t.delivers(r.Now) {
			r.readKey(ctx, t.KMSKey, r.Account, t.HomeRegion, false)
		}
	}
}
