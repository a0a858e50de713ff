package s3

import "slices"

// Operations are the names of the API's operations that there are, in order.
func Operations() []string {
	names := []string{"ListObjectsV2"} // to CloudTrail and to policies it is ListObjects
	for _, op := range operations {
		name := op.name
		if renamed, ok := apiNames[name]; ok {
			name = renamed
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// apiNames are the operations that CloudTrail calls otherwise than the API does.
var apiNames = map[string]string{
	"DeleteBucketPublicAccessBlock":    "DeletePublicAccessBlock",
	"GetBucketLifecycle":               "GetBucketLifecycleConfiguration",
	"GetBucketNotification":            "GetBucketNotificationConfiguration",
	"GetBucketObjectLockConfiguration": "GetObjectLockConfiguration",
	"GetBucketPublicAccessBlock":       "GetPublicAccessBlock",
	"PutBucketLifecycle":               "PutBucketLifecycleConfiguration",
	"PutBucketNotification":            "PutBucketNotificationConfiguration",
	"PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
	"PutBucketPublicAccessBlock":       "PutPublicAccessBlock",
}
