package audit

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func awsManaged(key string) bool { return strings.HasSuffix(key, "alias/aws/sns") }

// keyPlace is the account and Region in which a key is known by the name that its
// user gives it, a topic or trail: an id or alias means another key elsewhere.
func keyPlace(name, user string) (account, region string) {
	if arnPart(name, 4) == "" {
		name = user
	}
	return arnPart(name, 4), arnPart(name, 3)
}

// readKey asks about a key once, as the account in which its name is known, or
// where that cannot be entered and the name is an ARN, as the given one. The
// policy takes an id or ARN, which an alias gets from DescribeKey.
func (r *reader) readKey(ctx context.Context, name, user, as string, policy bool) {
	if r.account.key(name, user) != nil {
		return
	}
	k := Key{Name: name}
	k.Account, k.Region = keyPlace(name, user)
	asker, region := k.Account, k.Region
	if arnPart(name, 4) != "" && r.at(ctx, asker, region).err != nil {
		asker = as
	}
	c := r.at(ctx, asker, region).KMS
	q := question{"kms:DescribeKey", name, asker, region}
	out := ask(ctx, r, q, c != nil, nil, func() (*kms.DescribeKeyOutput, error) {
		return c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(name)})
	})
	switch {
	case strings.Contains(name, "alias/"):
	case arnPart(name, 4) != "":
		k.ARN = name
	default:
		k.ARN = strings.Join([]string{"arn", r.Partition, "kms", region, k.Account, "key/" + name}, ":")
	}
	if out != nil && out.KeyMetadata != nil {
		k.State, k.AWS = string(out.KeyMetadata.KeyState), out.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeAws
		k.ARN = cmp.Or(aws.ToString(out.KeyMetadata.Arn), k.ARN)
	}
	if policy && !k.AWS && k.ARN != "" {
		q := question{"kms:GetKeyPolicy", name, asker, region}
		if out := ask(ctx, r, q, c != nil, nil, func() (*kms.GetKeyPolicyOutput, error) {
			return c.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(k.ARN), PolicyName: aws.String("default")})
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
			r.readKey(ctx, t.KMSKey, t.ARN, r.Account, false)
		}
	}
}
