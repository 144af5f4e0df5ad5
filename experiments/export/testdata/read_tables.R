# Reads exported tables with R, as a user does: Rscript read_tables.R DIR
dir <- commandArgs(trailingOnly = TRUE)
runs <- read.csv(file.path(dir, "runs.csv"))
long <- read.csv(file.path(dir, "long.csv"))
lines <- jsonlite::stream_in(file(file.path(dir, "long.jsonl")), verbose = FALSE)
total <- long$value[long$series == "total"]
cat(class(long$step), class(long$value), class(runs$config.optimizer.nesterov), class(runs$problem), fill = TRUE)
cat(sum(long$run == "w=1-aaaa" & long$series == "total"), runs$final.total[1], total[5], long$value[long$series == "style.conv1_1"][5], fill = TRUE)
cat(is.na(runs$config.seed[4]), is.nan(runs$final.total[2]), fill = TRUE)
cat(nrow(long), ncol(long), nrow(lines), ncol(lines), fill = TRUE)
