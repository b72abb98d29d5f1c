package report

// sections lists the chapters of a report in their order. A builder returns
// false when there is nothing to say; what should be there and is not is named
// in the chapter "Missing".
var sections = []func(*input) (Section, bool){
	summarySection,
	findingsSection,
	attributionSection,
	profileSection,
	timeSection,
	heatSection,
	curveSection,
	capacitySection,
	useSection,
	serverSection,
	hostSection,
	generatorSection,
	eventSection,
	conditionSection,
	missingSection,
}
