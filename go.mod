module redline

go 1.26
