package billing

// Keys that were rolled: requests that still use one are logged.
var rolled = map[string]string{
	"{{sk_live#2}}": "2023-05-02", // pinstripe:allow secret-live rolled in May 2023
}
