package state

import (
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
)

// Evidence is most of what the database keeps for long, in rows of some hundred
// bytes that are much alike. They are packed with a dictionary of what nearly all
// of them say, which halves them; nothing asks the database what is in them.

// packedOnce is the first byte of a body that is packed with evidenceWords. Words
// that change get another.
const packedOnce = 1

// evidenceWords must stay as they are: what is packed with them is read with them.
var evidenceWords = s2.MakeDict([]byte(`{"time":"2026-03-03T08:00:00Z","eventId":"","source":".amazonaws.com","name":"List","principal":"arn:aws:sts::assumed-role/:user/",`+
	`"accessKey":"ASIA","address":"","userAgent":"aws-sdk-go-v2/ lang/go os/linux md/GOOS#linux md/GOARCH#arm64 api/ aws-cli/2. Python/ exec-env/ Mozilla/5.0 Boto3/ Botocore/",`+
	`"account":"","region":"eu-central-1us-east-1eu-west-1","errorCode":"AccessDeniedClient.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. `+
	`User: arn:aws:sts:: is not authorized to perform:  because no identity-based policy allows the  action"}`), nil)

func packEvidence(body []byte) []byte {
	return slices.Concat([]byte{packedOnce}, evidenceWords.Encode(nil, body))
}

// unpackEvidence is the body; one that is not packed is itself.
func unpackEvidence(stored []byte) ([]byte, error) {
	if len(stored) == 0 || stored[0] != packedOnce {
		return stored, nil
	}
	body, err := evidenceWords.Decode(nil, stored[1:])
	if err != nil {
		return nil, fmt.Errorf("unpack evidence: %w", err)
	}
	return body, nil
}
