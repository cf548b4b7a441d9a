"""The studio: a web page on one's own machine, for all that a model can do.

```
studio_settings.py  what the command's options say
runs_shelf.py       the run folders: states, pictures, trash
trainings.py        the queue of trainings, each a process of its own
task_queue.py       the queue of tasks, and their results on disk
command_lines.py    the command that makes the same as a task
worker/             the process that holds the models and runs the tasks
web/                what answers the browser
static/             the page
```

The run folders hold all that lasts. The server can die at any moment: a training
goes on, and a task that was waiting or at work is run again.
"""
